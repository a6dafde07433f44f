// Series over commits, with their changes; of many, those with most changes.
report.pictures.history = (history, width) => {
  const most = 24;
  const each = report.columns(width, 300, 3);
  const series = history.series.filter(s => s.points.length > 0)
    .sort((p, q) => q.changes.length - p.changes.length);
  return series.slice(0, most).map(({name, machine, unit, points, changes}) => {
    const values = points.map((p, index) => ({index, value: p.value, title: `${p.commit.slice(0, 12)}, ${new Date(1000 * p.time).toISOString().slice(0, 10)}: ${p.value.toPrecision(4)} ${unit}`}));
    const sorted = [...changes].sort((p, q) => p.index - q.index);
    const levels = [];
    const starts = [0, ...sorted.map(c => c.index)];
    starts.forEach((start, k) => {
      const end = k + 1 < starts.length ? starts[k + 1] : points.length;
      const value = k > 0 ? sorted[k - 1].after : sorted.length ? sorted[0].before : null;
      if (value !== null) levels.push({x1: start - 0.5, x2: end - 0.5, value});
    });
    const marks = sorted.map(c => ({x: c.index - 0.5, value: Math.max(c.before, c.after), up: c.after > c.before,
                                    text: `${c.after > c.before ? '+' : '\u2212'}${Math.abs(100 * (c.after / c.before - 1)).toFixed(1)} %`}));
    return report.panel(machine ? `${name}, ${machine}` : name, report.plot({
      width: each, height: 190, marginLeft: 56, marginRight: 30, marginTop: 26, marginBottom: 30,
      x: {domain: [-0.5, points.length - 0.5], label: null, ticks: points.length > 1 ? [0, points.length - 1] : [0],
          tickFormat: k => points[k]?.commit.slice(0, 7) ?? ''},
      y: {label: unit, ticks: 4, grid: true, nice: true, zero: false, tickFormat: '~g', inset: 6},
      marks: [
        Plot.ruleX(marks, {x: 'x', stroke: 'var(--vermillion)', strokeDasharray: '3,3'}),
        Plot.dot(values, {x: 'index', y: 'value', r: 2.2, fill: 'var(--faint)', title: 'title'}),
        Plot.link(levels, {x1: 'x1', x2: 'x2', y1: 'value', y2: 'value', stroke: 'var(--blue)', strokeWidth: 2}),
        Plot.text(marks, {x: 'x', text: d => `${d.up ? '\u25b2' : '\u25bc'} ${d.text}`, frameAnchor: 'top', dy: -12, fill: 'var(--bad)', fontWeight: 600}),
      ],
    }));
  });
};
