"""The mutation operators: which small faults are put into a file, and where.

Each mutant replaces the tokens first .. last-1 of its file with other ones. Two shapes:
  expression  becomes (on<n>() ? mutated : original)
  statement   becomes { if (!on<n>()) original; }
"""
from dataclasses import dataclass

from cpp_source import ASSIGNMENTS, PRECEDENCE, STOPPING_WORDS

# Operator for operator.
REPLACED = {'+': '-', '-': '+', '*': '+', '/': '*', '%': '/', '<': '<=', '<=': '<', '>': '>=',
            '>=': '>', '==': '!=', '!=': '==', '&&': '||', '||': '&&'}
KIND_OF = {**dict.fromkeys('+-*/%', 'arithmetic'),
           **dict.fromkeys(['<', '<=', '>', '>=', '==', '!='], 'comparison'),
           '&&': 'logic', '||': 'logic'}

# A function for one of the same arguments.
SIBLINGS = {'min': 'max', 'max': 'min', 'sigmoid': 'tanh', 'tanh': 'sigmoid', 'relu': 'tanh',
            'exp': 'log', 'vector_sigmoid': 'vector_tanh', 'vector_tanh': 'vector_sigmoid',
            'Add': 'Sub', 'Sub': 'Add', 'Mul': 'Add', 'Div': 'Mul', 'MulAdd': 'NegMulAdd',
            'NegMulAdd': 'MulAdd', 'Lt': 'Le', 'Le': 'Lt', 'Gt': 'Ge', 'Ge': 'Gt'}
# A function whose result becomes its first argument.
DROPPED = {'Neg', 'Abs', 'existing', 'CopySign', 'at_most', 'exp', 'floor', 'sqrt'}
# The order of their first two arguments does not matter.
SYMMETRIC = {'min', 'max', 'Add', 'Mul', 'MulAdd', 'element_count', 'require_shape'}
# Arguments that may change places without changing type.
EXCHANGED = [{'i', 'j', 'k', 't', 'n_a', 'n_x', 'm', 'first', 'last', 'row', 'column', 'count',
              'rows', 'cols', 'columns', 'width', 'units', 'left', 'block', 'sample', 'unit',
              'from', 'to', 'index', 'whole', 'states', 'sweeps', 'middle', 'steps'},
             {'a_prev', 'xt', 'concat', 'dz', 'W', 'c_prev', 'x', 'a0'}, {'W', 'dW', 'Wa', 'Wx'},
             {'a', 'b', 'f', 'c', 'q', 'r', 'n', 'y', 'z', 'one', 'scale', 'p', 'th', 'most',
              'value', 'sum'}]

# A variable or member for one of the same type.
CYCLES = [
    ['ft', 'it', 'cct', 'ot'], ['f_t', 'i_t', 'cc_t', 'o_t'], ['f', 'i', 'cc', 'o'],
    ['dft', 'dit', 'dcct', 'dot'], ['dzf', 'dzi', 'dzc', 'dzo'], ['Wf', 'Wi', 'Wc', 'Wo'],
    ['dWf', 'dWi', 'dWc', 'dWo'], ['bf', 'bi', 'bc', 'bo'], ['dbf', 'dbi', 'dbc', 'dbo'],
    ['Wax', 'Waa'], ['dWax', 'dWaa'], ['Wa', 'Wx'], ['WaT', 'WxT'], ['dWa', 'dWx'],
    ['Wa_', 'Wx_'], ['dWa_', 'dWx_'], ['n_x', 'n_a'], ['first', 'last'], ['da_next', 'da_prevt'],
    ['da_next', 'dc_next'], ['da_prev', 'dc_prev'], ['da_prevt', 'dc_prevt'], ['a_prev', 'a_next'],
    ['da0', 'dc0'], ['a0', 'c0'], ['T_x', 'T_da'], ['th', 'cc'], ['tanh_c', 'cct'],
    ['state_tiles', 'input_tiles'], ['input_steps', 'gradient_steps'],
    ['input_steps_', 'gradient_steps_'], ['da_own', 'da_later'], ['from_own', 'from_later'],
    ['dc_own', 'dc_later'], ['lda', 'ldb'], ['ldi', 'ldo'], ['by_units', 'by_samples'],
    ['units', 'lanes'], ['in_tail', 'far'],
    ['c_prev', 'c_next'], ['scale', 'p'], ['numerator', 'e'], ['ln2_hi', 'ln2_lo'],
    ['from', 'to'], ['of_state', 'of_input'],
]
TYPES = {'const', 'auto', 'int', 'bool', 'double', 'float', 'void', 'Index', 'S', 'unsigned'}


# Functions that share their name with a variable of CYCLES.
METHODS = {'first', 'last', 'from', 'to', 'units', 'lanes', 'input_steps', 'gradient_steps'}


@dataclass
class Mutant:
    operator: str
    line: int
    first: int
    last: int
    text: str  # what stands there instead; empty for a statement that is dropped
    original: str
    number: int = 0  # of the switch
    identity: str = ''


def operand_first(tokens, k, precedence):
    """Where the left operand of the binary operator at token k begins."""
    j = k - 1
    while j >= 0:
        token = tokens[j]
        if token.text in (')', ']', '}') or token.kind == 'close<':
            if token.text == '}' and not (tokens[token.partner - 1].kind in ('word', 'close<')
                                          and tokens[token.partner].before == ''):
                break
            j = token.partner - 1
            continue
        if (token.text in (',', ';', '?', ':', '(', '[', '{') or token.text in ASSIGNMENTS
                or token.text in STOPPING_WORDS or token.kind in ('open<', 'directive')
                or token.binary and PRECEDENCE[token.text] < precedence):
            break
        j -= 1
    return j + 1


def operand_last(tokens, k, precedence):
    """The token after the right operand of the binary operator at token k."""
    j = k + 1
    while j < len(tokens):
        token = tokens[j]
        if token.text in ('(', '[', '{') or token.kind == 'open<':
            if token.text == '{' and token.before != '':
                break
            j = token.partner + 1
            continue
        if (token.text in (',', ';', '?', ':', ')', ']', '}') or token.text in ASSIGNMENTS
                or token.kind in ('close<', 'directive')
                or token.binary and PRECEDENCE[token.text] <= precedence):
            break
        j += 1
    return j


def arguments_of(tokens, opening):
    """[(first, last)] of the arguments of a call whose bracket opens at token `opening`."""
    end, start, found = tokens[opening].partner, opening + 1, []
    j = start
    while j < end:
        if tokens[j].partner > j:
            j = tokens[j].partner
        elif tokens[j].text == ',':
            found.append((start, j))
            start = j + 1
        j += 1
    if start < end:
        found.append((start, end))
    return found


class Finder:
    """All mutants of one file."""

    def __init__(self, source):
        self.source, self.tokens = source, source.tokens
        self.mutants = []

    def find(self):
        for k, token in enumerate(self.tokens):
            if not token.in_body or token.left_alone or self._in_message(k):
                continue
            self._operator(k, token)
            self._condition(k, token)
            self._constant(k, token)
            self._call(k, token)
            self._name(k, token)
            self._statement(k, token)
        return self.mutants

    def _add(self, operator, k, first, last, text):
        tokens = self.tokens[first:last]
        if any(token.left_alone and token.kind not in ('open<', 'close<') and
               not self._in_template(first + n) for n, token in enumerate(tokens)):
            return
        original = self.source.plain(first, last)
        if text != original:
            self.mutants.append(Mutant(operator, self.tokens[k].line, first, last, text, original))

    def _in_template(self, k):
        j = k
        while j >= 0 and self.tokens[j].text not in (';',):
            if self.tokens[j].kind == 'open<' and self.tokens[j].partner >= k:
                return True
            j -= 1
        return False

    def _plain(self, first, last):
        return self.source.plain(first, last)

    def _in_message(self, k):
        """Within `throw`, what is said does not matter."""
        start = self.source.statement_start(k)
        return any(t.text == 'throw' for t in self.tokens[start:k])

    def _operator(self, k, token):
        if token.binary:
            precedence = PRECEDENCE[token.text]
            first = operand_first(self.tokens, k, precedence)
            last = operand_last(self.tokens, k, precedence)
            if token.text in REPLACED and not any(t.kind == 'string' for t in self.tokens[first:last]):
                self._add(KIND_OF[token.text], k, first, last,
                          f'{self._plain(first, k)} {REPLACED[token.text]} {self._plain(k + 1, last)}')
        elif token.text in ('!', '-') and token.kind == 'sign':
            last = operand_last(self.tokens, k, 11)
            self._add('sign', k, k, last, self._plain(k + 1, last))
        elif token.text in ('+=', '-=', '*='):
            first = operand_first(self.tokens, k, 0)
            last = self._end_of_value(k)
            if first < k and self.tokens[first].text not in ('if', 'for', 'else'):
                for other in {'+=': ['-=', '='], '-=': ['+='], '*=': ['+=']}[token.text]:
                    self._add('assignment', k, first, last,
                              f'{self._plain(first, k)} {other} {self._plain(k + 1, last)}')

    def _end_of_value(self, k):
        while self.tokens[k].text not in (';', ',', ')', ']', '}'):
            k = self.tokens[k].partner + 1 if self.tokens[k].partner > k else k + 1
        return k

    def _condition(self, k, token):
        """The negation of a condition that has no comparison of its own to be changed."""
        if token.text == '?':
            first, last = operand_first(self.tokens, k, 0), k
        elif token.text == 'if' and self.tokens[k + 1].text == '(':
            first, last = k + 2, self.tokens[k + 1].partner
        else:
            return
        if not any(t.binary and t.text in KIND_OF and KIND_OF[t.text] == 'comparison'
                   for t in self.tokens[first:last]):
            self._add('condition', k, first, last, f'!({self._plain(first, last)})')

    def _constant(self, k, token):
        if token.kind == 'number' and token.text.isdigit() and int(token.text) <= 1000:
            self._add('constant', k, k, k + 1, str(int(token.text) + 1))
        elif token.text == 'C' and self.tokens[k + 1].text == '::' and self.tokens[k - 2].text != 'size':
            # A named floating-point constant: off by a thousandth, a few thousand roundings.
            last = self.tokens[k + 3].partner + 1 if self.tokens[k + 3].text == '[' else k + 3
            name = self._plain(k, last)
            self._add('constant', k, k, last, f'{name} + {name} / 1024')

    def _callee(self, k):
        """Where the name of the function called begins, of which token k is the last word."""
        first = k
        while self.tokens[first - 1].text in ('::', '.', '->'):
            first -= 2
            while self.tokens[first].text in (')', ']') or self.tokens[first].kind == 'close<':
                first = self.tokens[first].partner - 1
        return first

    def _call(self, k, token):
        if token.kind != 'word':
            return
        opening = k + 1
        if opening < len(self.tokens) and self.tokens[opening].kind == 'open<':
            opening = self.tokens[opening].partner + 1
        if opening >= len(self.tokens) or self.tokens[opening].text != '(' or \
                self.tokens[opening].before != '' or token.text in ('if', 'for', 'while', 'switch'):
            return
        first = self._callee(k)
        before = self.tokens[first - 1]
        if before.kind in ('word', 'close<') and before.text not in STOPPING_WORDS:
            return  # a declaration
        arguments = arguments_of(self.tokens, opening)
        last = self.tokens[opening].partner + 1
        head = self._plain(first, opening + 1)
        if token.text in SIBLINGS:
            name = f'{self._plain(first, k)} {SIBLINGS[token.text]} {self._plain(k + 1, opening + 1)}'
            given = self._plain(opening + 1, last)
            if token.text == 'Mul' or token.text in ('MulAdd', 'NegMulAdd') or len(arguments) > 0:
                self._add('function', k, first, last, f'{name} {given}')
        if token.text in DROPPED and arguments:
            kept = arguments[1] if token.text == 'at_most' else arguments[0]
            self._add('call', k, first, last, self._plain(*kept))
        for left, right in zip(arguments, arguments[1:]):
            if token.text in SYMMETRIC and left == arguments[0]:
                continue
            texts = self._plain(*left), self._plain(*right)
            if token.text.startswith('IfThenElse') or any(
                    texts[0] in names and texts[1] in names for names in EXCHANGED):
                others = [self._plain(*a) for a in arguments]
                n = arguments.index(left)
                others[n], others[n + 1] = others[n + 1], others[n]
                if token.text.startswith('IfThenElse') and n == 0:
                    continue  # the condition
                self._add('arguments', k, first, last, f'{head} {" , ".join(others)} )')

    def _name(self, k, token):
        if token.kind != 'word':
            return
        before, after = self.tokens[k - 1], self.tokens[k + 1]
        member = before.text in ('.', '->')
        if before.text == '.' and self.tokens[k - 2].text in ('{', ',', '('):
            return  # of a designated initialiser
        if before.text == '::' or after.text in ('::', '{') or after.kind == 'open<':
            return
        declared = (before.kind in ('word', 'close<') and before.text not in STOPPING_WORDS
                    or before.text in ('&', '&&', '*') and not before.binary
                    and (before.before == '' or self.tokens[k - 2].text == ','))
        listed = before.text == ',' and self.tokens[token.parent].text == '{' and \
            after.text in (';', ',') and self._is_declaration(k)
        if not member and (declared or listed or after.text in ASSIGNMENTS and self._is_declaration(k)):
            return
        if after.text == '(' and (token.text in METHODS or
                                  not member and not self._is_known(k, token.text)):
            return
        for cycle in CYCLES:
            if token.text not in cycle:
                continue
            other = cycle[(cycle.index(token.text) + 1) % len(cycle)]
            if not member and not self._is_known(k, other):
                continue
            first, end = self._callee(k), k + 1
            if after.text == '(' and token.text in ('of_state', 'of_input'):
                end = after.partner + 1
            text = f'{self._plain(first, k)} {other} {self._plain(k + 1, end)}'.strip()
            self._add('name', k, first, end, text)
            return

    def _is_declaration(self, k):
        start = self.source.statement_start(k)
        while self.tokens[start].text in ('for', 'if', '('):
            start += 1
        return self.tokens[start].text in TYPES or (
            self.tokens[start].kind == 'word' and
            (self.tokens[start + 1].kind in ('word', 'open<') and start + 1 <= k))

    def _is_known(self, k, name):
        """True if the name is declared before token k in the same outermost function."""
        start = k
        while start > 0 and self.tokens[start - 1].in_body:
            start -= 1
        # The parameters stand before the body.
        start = self.source.statement_start(start - 1) if start > 0 else 0
        for j in range(start, k):
            if self.tokens[j].text != name or self.tokens[j].kind != 'word':
                continue
            before = self.tokens[j - 1]
            if before.kind in ('word', 'close<') and before.text not in STOPPING_WORDS or \
                    before.text in (',', '[', '*', '&') and self._is_declaration(j):
                return True
        # Members of the class end in an underscore.
        return name.endswith('_') and any(t.text == name for t in self.tokens)

    def _statement(self, k, token):
        """Statements that are calls, assignments, `continue`, `return` of nothing, `throw`."""
        if self.tokens[token.parent].text != '{':
            return
        if self.tokens[k - 1].text not in (';', '{', '}', ')', 'else') and \
                self.tokens[k - 1].kind != 'directive' or self.tokens[k - 1].left_alone and \
                self.tokens[k - 1].kind != 'directive':
            return
        if self.tokens[k - 1].text == ')' and not self._closes_head(k - 1):
            return
        if self.tokens[k - 1].text == '{' and self.tokens[k - 1].before == '' or \
                self.tokens[k - 1].text == '}' and self.tokens[k].text in (',', ')', ';', '.', '('):
            return
        if token.text in ('continue', 'throw') or token.text == 'return' and self.tokens[k + 1].text == ';':
            end = self._end(k)
        else:
            end = self._end_of_expression_statement(k)
        if end > k:
            self._add('statement', k, k, end, '')

    def _closes_head(self, k):
        opening = self.tokens[k].partner
        return self.tokens[opening - 1].text in ('if', 'for', 'while') or \
            self.tokens[opening - 1].text == 'constexpr'

    def _end(self, k):
        while self.tokens[k].text != ';':
            k = self.tokens[k].partner + 1 if self.tokens[k].partner > k else k + 1
        return k + 1

    def _end_of_expression_statement(self, k):
        if self.tokens[k].text in ('++', '--'):
            return self._end(k)
        j = k
        if self.tokens[j].text == '(':
            j = self.tokens[j].partner + 1
        elif self.tokens[j].kind != 'word' or self.tokens[j].text in (
                'if', 'for', 'while', 'return', 'switch', 'else', 'do', 'break', 'case', 'default'):
            return 0
        else:
            j += 1
        while True:
            token = self.tokens[j]
            if token.text in ('::', '.', '->'):
                j += 2
            elif token.text in ('(', '[') or token.kind == 'open<':
                j = token.partner + 1
            elif token.text == ';' or token.text in ASSIGNMENTS or token.text in ('++', '--'):
                return self._end(j)
            else:
                return 0


def name_mutants(path, mutants):
    """Gives each its identity: file:line:operator:number, counted within the line."""
    seen = {}
    for mutant in sorted(mutants, key=lambda m: (m.first, -m.last, m.operator, m.text)):
        key = mutant.line, mutant.operator
        seen[key] = seen.get(key, 0) + 1
        mutant.identity = f'{path}:{mutant.line}:{mutant.operator}:{seen[key]}'
    return mutants
