#!/usr/bin/python3
"""Draws how the time of a backward pass grows, from the points that bptt_bench --scaling measured.

Against T_x it draws times on logarithmic axes, with the slopes that the document states; against n_a
and m, where a pass's operations grow with the size, the rate GFLOP/s beside the measured peak. One
file for each of the sizes that the document has, scaling_T_x.svg, scaling_n_a.svg, scaling_m.svg, a
panel for each cell. All are drawn before the first is written. The same document gives the same
bytes under the same Matplotlib (Debian: python3-matplotlib). It measures and fits nothing.

Exit status: 0 drawn, 2 it could not.
"""
import argparse
import datetime
import hashlib
import io
import json
import os
import sys
import tempfile

# Label, colour, marker. The colours of the ways are those of docs/images/cell_steps.svg.
CONTESTANTS = {
    'optimized': ('optimized', '#047857', 'o'),
    'reference': ('one pass, reference', '#1d4ed8', 's'),
    'split': ('split, reference', '#6b7280', '^'),
    'walks': ('one walk per loss, reference', '#c2410c', 'D'),
    'onednn': ('oneDNN', '#7c3aed', 's'),
    'torch': ('PyTorch', '#be185d', '^'),
    'eigen': ('Eigen', '#a16207', 'D'),
}
AXES = {'T_x': 'time steps T_x', 'n_a': 'units n_a = n_x', 'm': 'samples m'}
TITLES = {
    'T_x': 'Time of a backward pass against the number of time steps',
    'n_a': 'Speed of a backward pass against the number of units',
    'm': 'Speed of a backward pass against the number of samples',
}
TEXT, FAINT, GRID = '#111827', '#4b5563', '#e5e7eb'
DASHED = {'color': FAINT, 'linewidth': 0.9, 'linestyle': (0, (4, 3))}


def read(path):
    """The document and its digest."""
    with open(path, 'rb') as file:
        content = file.read()
    document = json.loads(content)
    if not isinstance(document, dict) or document.get('version') != 1:
        raise ValueError('it has not the form that bptt_bench --scaling writes, with "version": 1')
    if not document['plots']:
        raise ValueError('it has no plots')
    return document, 'sha256:' + hashlib.sha256(content).hexdigest()


def caption(document):
    date = datetime.datetime.fromtimestamp(document['time'], datetime.timezone.utc)
    fewest = min(curve['repetitions'] for plot in document['plots'] for curve in plot['curves'])
    return (f"{document['cpu']}, instruction set {document['target']} (as Highway names it), "
            f"commit {document['commit']}, {date:%Y-%m-%d}\n"
            f"Points: medians of {fewest} interleaved repetitions. "
            'Bands: from the first to the third quartile.')


def guide(axes, curve, slope, factor):
    """A dashed line of that slope beside the curve: through its last point times the factor."""
    first, last = curve['at'][0], curve['at'][-1]
    end = curve['seconds'][-1] * factor
    middle = (first * last) ** 0.5
    axes.plot([first, last], [end * (first / last) ** slope, end], zorder=1, **DASHED)
    above = factor > 1
    axes.annotate(f'slope {slope}', (middle, end * (middle / last) ** slope), color=FAINT,
                  fontsize=8, ha='right' if above else 'left', va='bottom' if above else 'top',
                  xytext=(-4, 2) if above else (4, -2), textcoords='offset points')


def time_text(seconds, _position):
    """1e-05 as 10 µs."""
    for unit, length in (('s', 1), ('ms', 1e-3), ('µs', 1e-6)):
        if seconds >= 0.99 * length:
            return f'{seconds / length:.0f} {unit}'
    return f'{seconds / 1e-9:.3g} ns'


def draw_times(axes, curves):
    axes.set_yscale('log')
    axes.yaxis.set_major_formatter(time_text)
    axes.set_ylabel('time of one pass')
    by_name = {curve['contestant']: curve for curve in curves}
    if 'reference' in by_name:
        guide(axes, by_name['reference'], 1, 0.55)
    if 'walks' in by_name:
        guide(axes, by_name['walks'], 2, 1.8)
    fitted = [curve['slope'] for curve in curves if 'slope' in curve]
    title = f"slopes from T_x = {fitted[0]['from']} to {fitted[0]['to']}" if fitted else None
    axes.set_ylim(top=8 * axes.get_ylim()[1])  # room for the legend
    axes.legend(loc='upper left', title=title, alignment='left')


def draw_rates(axes, first, peak):
    axes.axhline(peak, zorder=1, **DASHED)
    axes.annotate(f'peak measured on registers alone: {peak:.0f} GFLOP/s', (first, peak),
                  color=FAINT, fontsize=8, xytext=(0, 3), textcoords='offset points')
    axes.set_ylim(0, 1.1 * peak)
    axes.set_ylabel('GFLOP/s')


def draw_panel(axes, plot, peak):
    against = plot['against']
    times = against == 'T_x'
    for curve in plot['curves']:
        label, colour, marker = CONTESTANTS[curve['contestant']]
        if 'slope' in curve:
            label += f": slope {curve['slope']['value']:.2f}"
        low, middle, high = curve['lower'], curve['seconds'], curve['upper']
        if not times:
            low, middle, high = ([gflop / second for gflop, second in zip(curve['gflop'], seconds)]
                                 for seconds in (low, middle, high))
        axes.fill_between(curve['at'], low, high, color=colour, alpha=0.25, linewidth=0)
        axes.plot(curve['at'], middle, color=colour, marker=marker, markersize=3.5, linewidth=1.4,
                  label=label)

    axes.set_xscale('log', base=2)
    first = min(curve['at'][0] for curve in plot['curves'])
    last = max(curve['at'][-1] for curve in plot['curves'])
    ticks = [2 ** k for k in range(20) if first <= 2 ** k <= last]
    axes.set_xticks(ticks, [str(tick) for tick in ticks])
    axes.set_xlabel(AXES[against])
    if times:
        draw_times(axes, plot['curves'])
    else:
        draw_rates(axes, first, peak)
    axes.minorticks_off()
    held = ', '.join(f'{name} = {value}' for name, value in plot['held'].items() if value != 'n_a')
    threads = 'one thread' if plot['threads'] == 1 else f"{plot['threads']} threads"
    axes.set_title(f"{plot['cell'].upper()}, {plot['scalar']}, {threads}; {held}", loc='left')


def drawn(matplotlib, document, digest, against):
    """The picture as bytes."""
    from matplotlib.backends.backend_svg import FigureCanvasSVG
    from matplotlib.figure import Figure
    plots = [plot for plot in document['plots'] if plot['against'] == against]
    figure = Figure(figsize=(5.4 * len(plots), 4.9), facecolor='white', layout='constrained')
    FigureCanvasSVG(figure)
    figure.get_layout_engine().set(rect=(0.008, 0.1, 0.984, 0.89), wspace=0.04)
    figure.suptitle(TITLES[against], x=0.012, ha='left', fontsize=13, fontweight='bold')
    panels = figure.subplots(1, len(plots), squeeze=False)[0]
    for axes, plot in zip(panels, plots):
        draw_panel(axes, plot, document['peak_gflops'][plot['scalar']])
    if against != 'T_x':  # where the labels of the panels are the same
        handles, labels = panels[0].get_legend_handles_labels()
        figure.legend(handles, labels, loc='upper right', ncols=len(labels))
    figure.text(0.012, 0.02, caption(document), fontsize=8, color=FAINT, linespacing=1.5)
    buffer = io.BytesIO()
    figure.savefig(buffer, format='svg', metadata={
        'Date': None, 'Title': TITLES[against], 'Identifier': digest,
        'Creator': f'Matplotlib {matplotlib.__version__}'})
    return buffer.getvalue()


def draw(document, digest):
    """{name of the file: its bytes}"""
    import matplotlib
    matplotlib.rcdefaults()  # whatever the user's matplotlibrc says
    matplotlib.rcParams.update({
        'svg.hashsalt': 'bptt', 'svg.fonttype': 'none', 'font.size': 9,
        'font.sans-serif': ['DejaVu Sans', 'Verdana'],  # text stays text; both are wide
        'axes.spines.top': False, 'axes.spines.right': False, 'axes.edgecolor': FAINT,
        'axes.labelcolor': TEXT, 'axes.titlesize': 10, 'text.color': TEXT, 'xtick.color': FAINT,
        'ytick.color': FAINT, 'axes.grid': True, 'grid.color': GRID, 'axes.axisbelow': True,
        'legend.frameon': False, 'legend.fontsize': 8.5, 'legend.title_fontsize': 8.5})
    return {f'scaling_{against}.svg': drawn(matplotlib, document, digest, against)
            for against in AXES if any(plot['against'] == against for plot in document['plots'])}


def write_whole(path, content):
    handle, temporary = tempfile.mkstemp(dir=os.path.dirname(path) or '.', suffix='.svg')
    try:
        with os.fdopen(handle, 'wb') as file:
            file.write(content)
        os.chmod(temporary, 0o644)
        os.replace(temporary, path)
    except BaseException:
        os.unlink(temporary)
        raise


def main():
    parser = argparse.ArgumentParser(
        description=__doc__.split('\n', maxsplit=1)[0],
        epilog='Example: bench/plot_scaling.py docs/images')
    parser.add_argument('folder', help='where the pictures go')
    parser.add_argument('--from', dest='source', metavar='FILE',
                        help='the document of bptt_bench --scaling; scaling.json of the folder if '
                             'none is named')
    options = parser.parse_args()
    source = options.source or os.path.join(options.folder, 'scaling.json')
    try:
        pictures = draw(*read(source))
    except ImportError as error:
        raise RuntimeError(f'{error}: apt-get install python3-matplotlib') from error
    except KeyError as error:
        raise RuntimeError(f'{source}: {error} is missing or unknown') from error
    except (ValueError, TypeError) as error:
        raise RuntimeError(f'{source}: {error}') from error
    for name, content in pictures.items():
        path = os.path.join(options.folder, name)
        write_whole(path, content)
        print(path)


if __name__ == '__main__':
    try:
        main()
    except (RuntimeError, OSError) as error:
        print(f'plot_scaling: {error}', file=sys.stderr)
        sys.exit(2)
