// Of each family the cases by error / bound: a histogram, the bound as a line, and the worst in words.
report.pictures.ratios = (check, width) => {
  const edges = check.ratio_edges;
  const families = new Map();
  for (const row of check.rows) {
    if (!families.has(row.family)) families.set(row.family, {counts: edges.map(() => 0).concat(0), worst: null});
    const family = families.get(row.family);
    row.ratio_counts.forEach((count, k) => { family.counts[k] += count; });
    const worst = report.number(row.worst_ratio);
    if (worst !== null && (family.worst === null || !(worst <= family.worst))) family.worst = worst;
  }
  // Bins at either end have no edge of their own there. The first holds whatever is tiny or zero:
  // its part of the cases is written, and the others are scaled without it.
  const step = edges[1] / edges[0];
  const bars = [], labels = [];
  for (const [name, {counts, worst}] of families) {
    const all = counts.reduce((sum, count) => sum + count, 0);
    if (all === 0) continue;
    const most = Math.max(...counts.slice(1));
    counts.forEach((count, k) => {
      if (count > 0 && k > 0)
        bars.push({name, count, height: count / most, low: edges[k - 1],
                   high: k === edges.length ? edges[k - 1] * step ** 2 : edges[k], beyond: k === edges.length});
    });
    labels.push({name, text: worst > 1 ? `broken, ${report.ratio(worst)}` : `worst ${report.ratio(worst)}`,
                 beyond: worst > 1, tiny: `${Math.round(100 * counts[0] / all)} %`});
  }
  const narrow = width < 560;
  const domain = [edges[0] / step ** 4, edges.at(-1) * step ** 2];
  const colour = d => d.beyond ? 'var(--bad)' : 'var(--blue)';
  return report.plot({
    width, height: (narrow ? 54 : 44) * labels.length + 70,
    marginLeft: narrow ? 8 : 130, marginRight: narrow ? 8 : 130, marginTop: 30, marginBottom: 40,
    x: {type: 'log', domain, label: 'error / bound', ticks: [0.001, 0.01, 0.1, 1], tickFormat: d => `${d}`},
    y: {domain: [0, narrow ? 1.6 : 1.25], axis: null},
    fy: {axis: null, domain: labels.map(d => d.name), padding: 0.12},
    marks: [
      Plot.ruleX([0.1], {stroke: 'var(--faint)', strokeDasharray: '3,3'}),
      Plot.rect(bars, {
        fy: 'name', x1: 'low', x2: 'high', y1: 0, y2: 'height', fill: colour, insetLeft: 0.5, insetRight: 0.5,
        title: d => `${d.name}: ${d.count} cases ${d.beyond ? 'beyond the bound' : `from ${d.low.toPrecision(2)} to ${d.high.toPrecision(2)}`}`,
      }),
      Plot.ruleY([0], {stroke: 'var(--rule)'}),
      Plot.ruleX([1], {stroke: 'var(--ink)', strokeWidth: 1.5}),
      Plot.text(labels, narrow ?
          {fy: 'name', text: 'name', frameAnchor: 'top-left', fontWeight: 600, dx: 44, dy: -2} :
          {fy: 'name', text: 'name', frameAnchor: 'left', textAnchor: 'end', dx: -8, fontWeight: 600}),
      Plot.text(labels, narrow ?
          {fy: 'name', text: 'text', frameAnchor: 'top-right', dy: -2, dx: -34, stroke: 'var(--paper)', strokeWidth: 5, fill: d => d.beyond ? 'var(--bad)' : 'var(--faint)'} :
          {fy: 'name', text: 'text', frameAnchor: 'right', textAnchor: 'start', dx: 8, fill: d => d.beyond ? 'var(--bad)' : 'var(--faint)'}),
      Plot.text(labels, {fy: 'name', x: edges[0] / step ** 2, y: 0.25, text: 'tiny', fill: 'var(--faint)', title: d => `${d.tiny} of the cases below ${edges[0].toPrecision(2)}`}),
      Plot.text([{x: edges[0] / step ** 2, text: 'less'}, {x: 0.1, text: '\u03c3'}, {x: 1, text: 'bound'}],
                {fy: () => labels[0].name, x: 'x', text: 'text', frameAnchor: 'top', dy: narrow ? -18 : -14}),
    ],
  });
};
