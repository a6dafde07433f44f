"""C++ text as tokens, with what a mutator needs to know of each: its partner among the brackets,
whether it stands in the body of a function, whether it is left alone.

This is no parser. It relies on clang-format: a binary operator has a space on each side, the
brackets of a template have none inside. Where that misleads, the rewritten file does not compile,
or the suite fails on it with no mutant chosen, and the run stops there.
"""
import re
from dataclasses import dataclass

TOKEN = re.compile(r'''
    (?P<comment>//[^\n]*|/\*.*?\*/)
  | (?P<directive>(?<![^\n])[ \t]*\#(?:[^\n\\]|\\.|\\\n)*)
  | (?P<string>"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)')
  | (?P<number>(?:0[xX][0-9a-fA-F.]+(?:[pP][+-]?\d+)?|\d[\d'.]*(?:[eE][+-]?\d+)?)[uUlLfF]*)
  | (?P<word>[A-Za-z_]\w*)
  | (?P<sign><=>|<<=|>>=|\.\.\.|->|::|\+\+|--|&&|\|\||[-+*/%&|^=!<>]=|<<|[-+*/%&|^~!<>=?:;,.(){}\[\]\#])
''', re.VERBOSE | re.DOTALL)

OPENERS = {'(': ')', '[': ']', '{': '}'}
# What binds how, loosest first; the conditional operator and assignments bind less than any.
PRECEDENCE = {'||': 1, '&&': 2, '|': 3, '^': 4, '&': 5, '==': 6, '!=': 6, '<': 7, '<=': 7, '>': 7,
              '>=': 7, '<<': 8, '>>': 8, '+': 9, '-': 9, '*': 10, '/': 10, '%': 10}
ASSIGNMENTS = {'=', '+=', '-=', '*=', '/=', '%=', '&=', '|=', '^=', '<<=', '>>='}
STOPPING_WORDS = {'return', 'case', 'throw', 'else', 'do', 'goto', 'new', 'delete'}


@dataclass
class Token:
    kind: str  # string, number, word, sign, directive, open<, close<
    text: str
    before: str  # what stands between the last token and this one: space, comments
    line: int
    partner: int = -1  # of brackets: the place of the other one
    parent: int = -1  # the innermost bracket that is open here
    in_body: bool = False
    left_alone: bool = False
    binary: bool = False  # an operator between two operands


class Source:
    """The tokens of one file. `text` is what `render` of all of them gives back, to the letter."""

    def __init__(self, text):
        self.tokens = []
        self.rest = ''
        self._split(text)
        self._pair()
        self._find_binary()
        self._find_bodies()
        self._leave_alone()

    def plain(self, first, last):
        """The tokens first .. last-1 on one line, without comments."""
        return ' '.join(token.text for token in self.tokens[first:last])

    def _split(self, text):
        at = end = 0
        while at < len(text):
            if text[at].isspace():
                at += 1
                continue
            match = TOKEN.match(text, at)
            if not match:
                raise ValueError(f'line {text.count(chr(10), 0, at) + 1}: cannot read {text[at:at + 20]!r}')
            if match.lastgroup == 'comment':
                at = match.end()
                continue
            kind = match.lastgroup
            self.tokens.append(Token(kind, match.group(), text[end:at],
                                     text.count('\n', 0, at) + 1))
            at = end = match.end()
        self.rest = text[end:]

    def _space_after(self, k):
        return k + 1 < len(self.tokens) and self.tokens[k + 1].before != ''

    def _pair(self):
        stack = []
        for k, token in enumerate(self.tokens):
            token.parent = stack[-1] if stack else -1
            if token.kind == 'word' and token.text == 'template' and self._is(k + 1, '<'):
                self.tokens[k + 1].kind = 'open<'
                stack.append(k + 1)
            elif token.kind == 'sign' and token.text in OPENERS:
                stack.append(k)
            elif token.kind == 'sign' and token.text in OPENERS.values():
                while self.tokens[stack[-1]].kind == 'open<':  # it was none
                    self.tokens[stack.pop()].kind = 'sign'
                self._join(stack.pop(), k)
            elif (token.text == '<' and token.kind == 'sign' and token.before == ''
                  and not self._space_after(k) and self.tokens[k - 1].kind == 'word'):
                token.kind = 'open<'
                stack.append(k)
            elif token.text == '>' and stack and self.tokens[stack[-1]].kind == 'open<':
                token.kind = 'close<'
                self._join(stack.pop(), k)

    def _join(self, first, last):
        self.tokens[first].partner, self.tokens[last].partner = last, first

    def _is(self, k, text):
        return 0 <= k < len(self.tokens) and self.tokens[k].text == text

    def _find_binary(self):
        for k, token in enumerate(self.tokens):
            if token.kind != 'sign' or token.text not in PRECEDENCE or k == 0:
                continue
            before = self.tokens[k - 1]
            operand_before = (before.kind in ('word', 'number', 'close<', 'string')
                              and before.text not in STOPPING_WORDS) or before.text in (')', ']', '}')
            token.binary = operand_before and token.before != '' and self._space_after(k)

    def statement_start(self, k):
        """The first token of the statement or member that holds token k, seen from its brackets."""
        k -= 1
        while k >= 0 and self.tokens[k].text not in (';', '{', '}') and self.tokens[k].kind != 'directive':
            # What stands in braces within a statement belongs to it: an initialiser, a lambda.
            k = self.tokens[k].partner - 1 if self.tokens[k].text in (')', ']') else k - 1
        return k + 1

    def _find_bodies(self):
        words_of_scopes = {'namespace', 'struct', 'class', 'enum', 'union'}
        for k, token in enumerate(self.tokens):
            if token.text != '{' or token.in_body:
                continue
            start = self.statement_start(k)
            words = [t.text for t in self.tokens[start:k]]
            # A requires clause or the head of a template may stand before; `class S` within it is
            # not the word that opens a scope.
            heads = []
            j = start
            while j < k:
                if self.tokens[j].kind == 'open<' or self.tokens[j].text == '(':
                    j = self.tokens[j].partner
                else:
                    heads.append(self.tokens[j].text)
                j += 1
            if not words or words_of_scopes & set(heads) or '=' in heads or '(' not in words:
                continue
            for body in range(k, token.partner):
                self.tokens[body].in_body = True
            self._mark_initialisers(start, k)

    def _mark_initialisers(self, start, body):
        """a(b), c{d} between the parameters of a constructor and its body."""
        j, colon = start, -1
        while j < body:
            if self.tokens[j].partner > j:
                j = self.tokens[j].partner
            elif self.tokens[j].text == ':' and self._is(j - 1, ')'):
                colon = j
                break
            j += 1
        if colon > 0:
            for k in range(colon, body):
                self.tokens[k].in_body = True

    def _leave(self, first, last):
        for k in range(first, min(last, len(self.tokens))):
            self.tokens[k].left_alone = True

    def _end_of_declaration(self, k):
        while k < len(self.tokens):
            text = self.tokens[k].text
            if text == ';':
                return k + 1
            if text == '{':
                k = self.tokens[k].partner
                if not self._is(k + 1, ';') and not self._is(k + 1, ','):
                    return k + 1
            elif self.tokens[k].partner > k:
                k = self.tokens[k].partner
            k += 1
        return k

    def _leave_alone(self):
        for k, token in enumerate(self.tokens):
            if token.kind == 'open<' and token.partner > k:
                self._leave(k, token.partner + 1)
            elif token.kind == 'directive':
                self._leave(k, k + 1)
            elif token.text == 'constexpr' and self._is(k - 1, 'if'):
                self._leave(k, self.tokens[k + 1].partner + 1)
            elif token.text in ('constexpr', 'consteval', 'static_assert', 'using', 'enum', 'typedef'):
                self._leave(k, self._end_of_declaration(k))
            elif token.text == 'case':
                end = k
                while self.tokens[end].text != ':':
                    end += 1
                self._leave(k, end + 1)
            elif token.text == '<' and token.binary and self._is_odd_template(k):
                self._leave(self.statement_start(k), self._end_of_declaration(k))
            elif token.text == 'alignas':
                self._leave(k, self.tokens[k + 1].partner + 1)
        self._leave_other_branches()

    def _is_odd_template(self, k):
        """clang-format 14 writes f<a, b < c ? b : c>(x) as f < a, b < c ? b : c > (x)."""
        comma = False
        while self.tokens[k].text != ';':
            comma = comma or self.tokens[k].text == ','
            if comma and self.tokens[k].text == '>' and self._is(k + 1, '('):
                return True
            k = self.tokens[k].partner + 1 if self.tokens[k].partner > k else k + 1
            if self.tokens[k].text in (')', ']', '}'):
                return False
        return False

    def _leave_other_branches(self):
        """Code after #else: it is compiled for other machines, or not at all. So is HWY_ONCE."""
        other = []
        for k, token in enumerate(self.tokens):
            if token.kind == 'directive':
                name = token.text.strip().lstrip('#').strip()
                if name.startswith('if'):
                    other.append('HWY_ONCE' in name)
                elif name.startswith(('else', 'elif')) and other:
                    other[-1] = True
                elif name.startswith('endif') and other:
                    other.pop()
            elif any(other):
                token.left_alone = True
