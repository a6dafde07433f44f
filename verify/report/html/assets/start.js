// Draws the pictures, anew where their width changes, and makes the buttons work.
(() => {
  const draw = figure => {
    const space = figure.querySelector('.drawing');
    const width = Math.max(260, Math.floor(space.clientWidth));
    if (figure.dataset.width === `${width}`) return;
    figure.dataset.width = width;
    const part = report.part(figure.dataset.of);
    const nodes = [report.pictures[figure.dataset.picture](part, width)].flat();
    const pictures = nodes.flatMap(node => node.matches('svg') ? [node] : [...node.querySelectorAll('.panel > svg')]);
    // A reader that does not see it hears one description, and headings where there are several.
    pictures.forEach((svg, k) => {
      const heading = svg.parentElement?.querySelector('.heading')?.textContent;
      svg.setAttribute('role', 'img');
      svg.setAttribute('aria-label', k === 0 ? figure.dataset.alternative : heading ?? figure.dataset.alternative);
    });
    space.replaceChildren(...nodes);
    // Wider than its frame: the frame can be reached and moved by keys.
    const moves = space.scrollWidth > space.clientWidth + 1;
    for (const [name, value] of [['tabindex', '0'], ['role', 'region'], ['aria-label', 'Picture, wider than the screen']])
      if (moves) space.setAttribute(name, value); else space.removeAttribute(name);
  };
  const figures = [...document.querySelectorAll('figure[data-picture]')];
  figures.forEach(draw);
  const again = new ResizeObserver(entries => entries.forEach(entry => {
    if (entry.target.clientWidth > 0) requestAnimationFrame(() => draw(entry.target.closest('figure')));
  }));
  figures.forEach(figure => again.observe(figure.querySelector('.drawing')));

  for (const button of document.querySelectorAll('button.copy')) {
    button.hidden = false;
    button.addEventListener('click', async () => {
      const code = button.previousElementSibling;
      for (const other of document.querySelectorAll('button.copy')) other.textContent = 'Copy';
      try {
        await navigator.clipboard.writeText(code.textContent);
        button.textContent = 'Copied';
      } catch {  // not allowed in a page from a file: it is selected, and copied by keys
        getSelection().selectAllChildren(code);
        button.textContent = document.execCommand('copy') ? 'Copied' : 'Selected';
      }
    });
  }

  for (const button of document.querySelectorAll('button.save')) {
    button.hidden = false;
    button.addEventListener('click', () => {
      const text = document.getElementById(`document-${button.dataset.document}`).textContent;
      const link = document.createElement('a');
      link.href = URL.createObjectURL(new Blob([text], {type: 'application/json'}));
      link.download = button.dataset.file;
      link.click();
      URL.revokeObjectURL(link.href);
    });
  }
})();
