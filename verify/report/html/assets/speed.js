// Each contestant's part of the measured peak, shape by shape, on one thread.
report.pictures.speed = (bench, width) => {
  const panels = new Map(), seen = new Set();
  for (const [name, {seconds}] of Object.entries(bench.benchmarks)) {
    const [cell, pass, scalar, shape, threads, contestant] = name.split('/');
    if (threads !== '1' || !['optimized', 'onednn', 'torch', 'eigen'].includes(contestant)) continue;
    const [n_x, n_a, m, T] = shape.split('x').map(Number);
    const gflop = (pass === 'forward' ? 2 : 4) * (cell === 'rnn' ? 1 : 4) * T * m * n_a * (n_a + n_x) / 1e9;
    const heading = `${cell.toUpperCase()} ${pass}, ${scalar}`;
    if (!panels.has(heading)) panels.set(heading, []);
    seen.add(contestant);
    panels.get(heading).push({shape: shape.replaceAll('x', ' \u00d7 '), contestant, part: gflop / seconds / bench.peak_gflops[scalar],
                              title: `${contestant}: ${(gflop / seconds).toFixed(1)} GFLOP/s, ${report.time(seconds)}`});
  }
  const each = report.columns(width, 330, 2);
  const drawn = [...panels].map(([heading, points]) => {
    const shapes = [...new Set(points.map(p => p.shape))];
    const most = Math.max(1, ...points.map(p => p.part));
    return report.panel(heading, report.plot({
      width: each, height: 20 * shapes.length + 60, marginLeft: 152, marginRight: 24, marginTop: 8, marginBottom: 38,
      x: {domain: [0, most], label: 'part of the peak', tickFormat: '.0%', ticks: 5, grid: true, nice: false},
      y: {domain: shapes, label: null, tickSize: 0},
      marks: [
        Plot.ruleX([1], {stroke: 'var(--ink)'}),
        Plot.ruleY(shapes, {stroke: 'var(--rule)', strokeOpacity: 0.6}),
        ...[...seen].filter(c => c !== 'optimized').concat('optimized').map(contestant => {
          const {colour, symbol} = report.contestant(contestant);
          return Plot.dot(points.filter(p => p.contestant === contestant), {x: 'part', y: 'shape', fill: colour, symbol, r: 4.4, title: 'title'});
        }),
      ],
    }));
  });
  return [report.legend(['optimized', 'onednn', 'torch', 'eigen'].filter(name => seen.has(name))), ...drawn];
};
