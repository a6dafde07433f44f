// What all pictures share: the documents, a few helpers, and the colours, which are the style's. A
// picture is a function of (its data, the width in pixels, the whole document) that returns nodes; it
// adds itself to report.pictures under its name.
const report = {
  pictures: {},

  documents: [...document.querySelectorAll('script[type="application/json"]')].map(
      element => JSON.parse(element.textContent)),

  /** "0/reports/1" is the part reports[1] of document 0. */
  part(path) {
    const [first, ...keys] = path.split('/');
    return keys.reduce((value, key) => value[key], report.documents[Number(first)]);
  },

  /** Okabe and Ito's colours, told apart by symbol and label too. */
  contestants: {
    optimized: {label: 'optimized', colour: 'var(--green)', symbol: 'circle'},
    reference: {label: 'one pass', colour: 'var(--blue)', symbol: 'square'},
    split: {label: 'split', colour: 'var(--faint)', symbol: 'triangle'},
    walks: {label: 'one walk per loss', colour: 'var(--vermillion)', symbol: 'diamond2'},
    onednn: {label: 'oneDNN', colour: 'var(--blue)', symbol: 'square'},
    torch: {label: 'PyTorch', colour: 'var(--vermillion)', symbol: 'triangle'},
    eigen: {label: 'Eigen', colour: 'var(--purple)', symbol: 'diamond2'},
  },
  contestant(name) {
    return report.contestants[name] ?? {label: name, colour: 'var(--faint)', symbol: 'times'};
  },

  /** A number that JSON cannot write is a string there. */
  number(value) {
    return value === 'inf' ? Infinity : value === '-inf' ? -Infinity : value === 'nan' ? NaN : value;
  },

  ratio(value) {
    if (value === null) return '-';
    if (value === 0) return '0';
    if (!Number.isFinite(value)) return Number.isNaN(value) ? 'nan' : 'inf';
    return value < 1e-3 || value >= 1e4 ? value.toExponential(1) : value.toFixed(3);
  },

  time(seconds) {
    for (const [unit, length] of [['s', 1], ['ms', 1e-3], ['\u00b5s', 1e-6]])
      if (seconds >= 0.99 * length) return `${+(seconds / length).toPrecision(3)} ${unit}`;
    return `${+(seconds / 1e-9).toPrecision(3)} ns`;
  },

  /** An SVG element with attributes and children. */
  svg(name, attributes = {}, ...children) {
    const element = document.createElementNS('http://www.w3.org/2000/svg', name);
    for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
    element.append(...children);
    return element;
  },

  /** A picture by Plot in the page's type. */
  plot(options) {
    return Plot.plot({style: {fontFamily: 'inherit', fontSize: '12px', background: 'none'}, ...options});
  },

  /** A small picture with its heading. */
  panel(heading, drawing) {
    const panel = document.createElement('div');
    panel.className = 'panel';
    const text = document.createElement('p');
    text.className = 'heading';
    text.textContent = heading;
    panel.append(text, drawing);
    return panel;
  },

  /** So many panels of at least that width stand beside each other; their width. */
  columns(width, least, most) {
    const gap = 24, count = Math.max(1, Math.min(most, Math.floor((width + gap) / (least + gap))));
    return Math.floor((width - gap * (count - 1)) / count);
  },

  /** Symbols and names of those that are in a picture. */
  legend(names) {
    const list = document.createElement('ul');
    list.className = 'legend';
    for (const name of names) {
      const {label, colour, symbol} = report.contestant(name);
      const mark = Plot.plot({
        width: 18, height: 18, margin: 9, axis: null,
        marks: [Plot.dot([[0, 0]], {fill: colour, symbol, r: 5})],
      });
      mark.setAttribute('aria-hidden', 'true');
      const item = document.createElement('li');
      item.append(mark, label);
      list.append(item);
    }
    return list;
  },
};
