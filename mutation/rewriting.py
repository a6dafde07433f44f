"""Puts all mutants of a file behind the switch of bptt_mutant.hpp.

A mutated copy holds plain text, for only one mutant runs at a time; so the file grows by the
length of the copies and not by their product. Lines keep their numbers.
"""


def rewritten(source, mutants):
    """The text of the file with every mutant in it, each under its number."""
    sites = {}
    for mutant in mutants:
        sites.setdefault((mutant.first, mutant.last), []).append(mutant)
    # Outer sites first; those that overlap without one being within the other were misread.
    order = sorted(sites, key=lambda span: (span[0], -span[1]))
    tree, stack = [], []
    for span in order:
        while stack and stack[-1][0][1] <= span[0]:
            stack.pop()
        node = (span, [])
        if stack and span[1] > stack[-1][0][1]:
            raise ValueError(f'line {source.tokens[span[0]].line}: expressions overlap')
        (stack[-1][1] if stack else tree).append(node)
        stack.append(node)
    body = _render(source, 0, len(source.tokens), tree, sites)
    return '#include "bptt_mutant.hpp"\n#line 1\n' + body + source.rest


def _render(source, first, last, nodes, sites):
    parts, at = [], first
    for (start, end), children in nodes:
        parts.append(_verbatim(source, at, start))
        parts.append(source.tokens[start].before)
        inner = _render(source, start, end, children, sites)[len(source.tokens[start].before):]
        parts.append(_behind_switch(inner, sites[start, end]))
        at = end
    parts.append(_verbatim(source, at, last))
    return ''.join(parts)


def _verbatim(source, first, last):
    return ''.join(token.before + token.text for token in source.tokens[first:last])


def _behind_switch(text, mutants):
    for mutant in mutants:
        chosen = f'bptt_mutant::on<{mutant.number}>()'
        if mutant.text == '':
            text = f'{{ if (!{chosen}) {{ {text} }} }}'
        else:
            text = f'({chosen} ? ({mutant.text}) : ({text}))'
    return text
