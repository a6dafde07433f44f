// The kill matrix: faults across, properties down, stronger the earlier the case that shows it.
report.pictures.matrix = (matrix, width) => {
  const kind = fault => fault.model.match(/^[A-Za-z]*/)[0];
  const faults = matrix.faults.map((fault, k) => ({...fault, kind: kind(fault), k}))
    .sort((p, q) => p.kind < q.kind ? -1 : p.kind > q.kind ? 1 : p.k - q.k);
  const properties = matrix.properties.map(p => p.property);
  const marks = [], kinds = [];
  faults.forEach((fault, x) => {
    if (kinds.at(-1)?.kind !== fault.kind) kinds.push({kind: fault.kind, first: x});
    kinds.at(-1).last = x;
    for (const [property, first] of Object.entries(fault.kills))
      marks.push({x, property, first, title: `${fault.fault} breaks ${property}, first in case ${first}`});
  });
  const narrow = width < 560;
  const left = narrow ? 208 : 268, least = left + 4 * faults.length + 40;
  const wide = Math.max(width, least);
  const strength = first => 1 - 0.75 * Math.log(first) / Math.log(Math.max(2, matrix.cases));
  const boundaries = kinds.slice(1).map(k => k.first - 0.5);
  return report.plot({
    width: wide, height: 15 * properties.length + 44, marginLeft: left, marginRight: 40, marginTop: 30, marginBottom: 10,
    x: {domain: [-0.5, faults.length - 0.5], axis: null},
    y: {domain: properties, padding: 0.12},
    marks: [
      Plot.axisY({label: null, tickSize: 0, fontSize: narrow ? 9.5 : 12}),
      Plot.ruleY(properties, {stroke: 'var(--rule)', strokeOpacity: 0.5}),
      Plot.ruleX(boundaries, {stroke: 'var(--rule)'}),
      Plot.rect(marks, {x1: d => d.x - 0.5, x2: d => d.x + 0.5, y: 'property', inset: 0.3, fill: 'var(--blue)',
                        fillOpacity: d => strength(d.first), title: 'title'}),
      Plot.text(kinds, {x: d => (d.first + d.last) / 2, text: 'kind', frameAnchor: 'top', dy: -14, fontWeight: 600}),
      Plot.text(matrix.properties, {y: 'property', text: d => `${d.kills}`, frameAnchor: 'right', textAnchor: 'start', dx: 6, fill: 'var(--faint)'}),
    ],
  });
};
