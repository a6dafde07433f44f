// Of each array its places: a cross where it is wrong, a dot where it is right, a ring where nothing
// was judged. States first, then gradients in the order in which they are computed.
report.pictures.maps = (maps, width) => {
  const size = 13, gap = 18, heading = 32;
  const place = (mark, x, y) => {
    const cx = x + size / 2, cy = y + size / 2;
    if (mark === 'X')
      return report.svg('g', {class: 'wrong'},
                        report.svg('rect', {x: x + 0.5, y: y + 0.5, width: size - 1, height: size - 1}),
                        report.svg('path', {d: `M${cx - 3},${cy - 3}l6,6m0,-6l-6,6`}));
    return report.svg('circle', {cx, cy, r: mark === '.' ? 1.6 : 3, class: mark === '.' ? 'right' : 'open'});
  };
  // A vector lies down.
  const lying = map => map.across === '' && map.marks.length > 0 ? [map.marks.join('')] : map.marks;
  const rank = ({array}) => !array.startsWith('d') ? 0 : array.startsWith('db') ? 3 : array.startsWith('dW') ? 2 : 1;
  const arrays = maps.arrays.map(map => ({...map, marks: lying(map)})).sort((p, q) => rank(p) - rank(q));
  const drawing = report.svg('svg', {class: 'maps'});
  let x = 0, y = 0, tallest = 0, widest = 0;
  for (const map of arrays) {
    const rows = map.marks.length, columns = rows ? map.marks[0].length : 0;
    const words = map.wrong === 0 ? 'right' : map.wrong === map.places ? 'wrong everywhere' : `wrong at ${map.wrong} of ${map.places}`;
    const axes = rows === 0 ? 'too many places to draw' : map.across ? `${map.down}s \u2193  ${map.across}s \u2192` : `${map.down}s \u2192`;
    const block = Math.max(columns * size, 7.2 * Math.max(words.length + map.array.length + 1, axes.length));
    if (x > 0 && x + block > width) {
      x = 0;
      y += tallest + gap;
      tallest = 0;
    }
    const name = report.svg('tspan', {class: 'name'}, map.array);
    drawing.append(report.svg('text', {x, y: y + 12}, name, report.svg('tspan', {class: map.wrong ? 'bad' : 'good'}, ` ${words}`)),
                   report.svg('text', {x, y: y + 26, class: 'axes'}, axes));
    map.marks.forEach((line, i) => [...line].forEach((mark, k) => drawing.append(place(mark, x + k * size, y + heading + i * size))));
    if (rows) drawing.append(report.svg('rect', {x, y: y + heading, width: columns * size, height: rows * size, class: 'edge'}));
    widest = Math.max(widest, x + block);
    tallest = Math.max(tallest, heading + rows * size);
    x += block + gap;
  }
  const height = y + tallest + 2, whole = Math.ceil(widest) + 2;
  drawing.setAttribute('viewBox', `-1 0 ${whole} ${height}`);
  drawing.setAttribute('width', whole);
  drawing.setAttribute('height', height);
  return drawing;
};
