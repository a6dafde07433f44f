// Sizes of models that were judged: steps against units, samples as the size of the mark.
report.pictures.shapes = (check, width) => {
  const shapes = new Map();
  for (const row of check.rows)
    for (const shape of row.shapes) {
      const [n_x, n_a, m, T] = shape.split(' ').map(Number);
      shapes.set(`${row.sizes} ${shape}`, {n_x, n_a, m, T, sizes: row.sizes, shape});
    }
  const kinds = {middle: {colour: 'var(--blue)', symbol: 'circle'}, real: {colour: 'var(--vermillion)', symbol: 'diamond2'}};
  const drawn = [...shapes.values()];
  const names = Object.keys(kinds).filter(kind => drawn.some(d => d.sizes === kind));
  const legend = document.createElement('ul');
  legend.className = 'legend';
  for (const kind of names) {
    const mark = Plot.plot({width: 18, height: 18, margin: 9, axis: null,
                            marks: [Plot.dot([[0, 0]], {stroke: kinds[kind].colour, symbol: kinds[kind].symbol, r: 5, strokeWidth: 1.6})]});
    mark.setAttribute('aria-hidden', 'true');
    const item = document.createElement('li');
    item.append(mark, `${kind} sizes`);
    legend.append(item);
  }
  // Powers of two that hold all values between them.
  const axis = (label, values) => {
    const first = Math.floor(Math.log2(Math.min(...values))), last = Math.ceil(Math.log2(Math.max(...values)) + 1e-9);
    const ticks = Array.from({length: last - first + 1}, (_, k) => 2 ** (first + k));
    return {type: 'log', base: 2, label, domain: [ticks[0], ticks.at(-1)], ticks, tickFormat: d => `${d}`, grid: true, inset: 12};
  };
  return [legend, report.plot({
    width: Math.min(width, 640), height: 320, marginLeft: 52, marginBottom: 40, marginTop: 36,
    x: axis('time steps T', drawn.map(d => d.T)), y: axis('units n_a', drawn.map(d => d.n_a)),
    r: {domain: [1, 128], range: [3, 11]},
    marks: names.map(kind => Plot.dot(drawn.filter(d => d.sizes === kind), {
      x: 'T', y: 'n_a', r: 'm', stroke: kinds[kind].colour, symbol: kinds[kind].symbol, strokeWidth: 1.6,
      fill: kinds[kind].colour, fillOpacity: 0.15, title: d => `n_x ${d.n_x}, n_a ${d.n_a}, m ${d.m}, T ${d.T}`,
    })),
  })];
};
