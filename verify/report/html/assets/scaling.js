// Cell steps and times against T: one pass, and one walk back for each loss.
report.pictures.scaling = (scaling, width) => {
  const plots = scaling.plots.filter(plot => plot.against === 'T_x');
  const each = report.columns(width, 300, 3);
  const steps = [...new Set(plots.flatMap(plot => plot.curves.flatMap(curve => curve.at)))].sort((p, q) => p - q);
  const x = {type: 'log', base: 2, label: 'time steps T', ticks: steps.filter((_, k) => k % 2 === 0), tickFormat: d => `${d}`};
  const shape = {width: each, height: Math.min(320, Math.round(each * 0.85)), marginLeft: 56, marginBottom: 38, marginTop: 24, marginRight: 72};
  const powers = values => {
    const low = Math.ceil(Math.log10(Math.min(...values))), high = Math.floor(Math.log10(Math.max(...values)));
    return Array.from({length: high - low + 1}, (_, k) => 10 ** (low + k));
  };
  const curve = (points, name, end) => {
    const {colour, symbol} = report.contestant(name);
    return [
      ...(points[0].low === undefined ? [] : [Plot.areaY(points, {x: 'T', y1: 'low', y2: 'high', fill: colour, fillOpacity: 0.2})]),
      Plot.line(points, {x: 'T', y: 'value', stroke: colour, strokeWidth: 1.6}),
      Plot.dot(points, {x: 'T', y: 'value', fill: colour, symbol, r: 3.2, title: 'title'}),
      Plot.text([points.at(-1)], {x: 'T', y: 'value', text: () => end, dx: 8, textAnchor: 'start', fill: colour}),
    ];
  };
  const counted = (name, end, count) => curve(steps.map(T => ({T, value: count(T), title: `${count(T)} cell steps, T ${T}`})), name, end);
  const most = steps.at(-1);
  const counts = report.panel('Cell steps, exactly', report.plot({
    ...shape, x,
    y: {type: 'log', label: 'cell steps', grid: true, ticks: powers([1, most * (most + 1) / 2]), tickFormat: d => d.toLocaleString('en')},
    marks: [...counted('reference', 'T', T => T), ...counted('walks', 'T(T+1)/2', T => T * (T + 1) / 2)],
  }));
  const times = plots.map(plot => {
    const {n_x, n_a, m} = plot.held;
    return report.panel(`${plot.cell.toUpperCase()}, ${plot.scalar}; n_x ${n_x}, n_a ${n_a}, m ${m}`, report.plot({
      ...shape, x,
      y: {type: 'log', label: 'time', grid: true, ticks: powers(plot.curves.flatMap(c => c.seconds)), tickFormat: report.time},
      marks: plot.curves.flatMap(c => curve(c.at.map((T, k) => ({
        T, value: c.seconds[k], low: c.lower[k], high: c.upper[k], title: `${report.contestant(c.contestant).label}, T ${T}: ${report.time(c.seconds[k])}`,
      })), c.contestant, c.slope ? `slope ${c.slope.value.toFixed(2)}` : '')),
    }));
  });
  const names = new Set(plots.flatMap(plot => plot.curves.map(c => c.contestant)));
  return [report.legend(['reference', 'walks', 'split', 'optimized'].filter(name => names.has(name))), counts, ...times];
};
