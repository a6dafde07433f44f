"""The corpus of a target on the disk: what is in fuzz/campaign/corpus/NAME is whole, durable and
reported. A run writes into a folder of its own; from there whole files are taken in.

    fuzz/campaign/corpus/NAME      the corpus
    fuzz/campaign/work/NAME/..     what a run writes; what a kill leaves there is taken in later
    fuzz/campaign/checked/NAME     names of those that the build with sanitizers has run
    fuzz/campaign/minimised/NAME   how many there were when it was last minimised
"""
import os
import pathlib
import shutil

import durable


class Corpus:
    def __init__(self, root, name):
        self.name = name
        self.folder = os.path.join(root, 'corpus', name)
        self.work = os.path.join(root, 'work', name)
        self._checked_path = os.path.join(root, 'checked', name)
        os.makedirs(self.folder, exist_ok=True)
        os.makedirs(self.work, exist_ok=True)
        self._adopt_foreign_names()
        self.entries = set(os.listdir(self.folder))
        self.checked = set(self._read_words(self._checked_path)) & self.entries
        self._minimised_path = os.path.join(root, 'minimised', name)
        self._minimised = int((self._read_words(self._minimised_path) or [0])[0])

    def _adopt_foreign_names(self):
        """Whatever somebody has put into the corpus gets the name of its content."""
        for name in os.listdir(self.folder):
            path = os.path.join(self.folder, name)
            if os.path.isfile(path) and not durable.is_whole(path):
                os.replace(path, os.path.join(self.folder,
                                              durable.content_hash(durable.read_bytes(path))))

    @staticmethod
    def _read_words(path):
        try:
            with open(path, encoding='utf-8') as file:
                return file.read().split()
        except FileNotFoundError:
            return []

    @property
    def grown(self):
        """By how many entries since it was minimised, or found not to be minimisable."""
        return len(self.entries) - self._minimised

    def mark_minimised(self):
        self._minimised = len(self.entries)
        durable.write_whole(self._minimised_path, str(self._minimised))

    def run_folder(self, which):
        """A folder for one run's new inputs, and one for its artifacts."""
        output = os.path.join(self.work, which, 'new')
        artifacts = os.path.join(self.work, which, 'artifacts')
        os.makedirs(output, exist_ok=True)
        os.makedirs(artifacts, exist_ok=True)
        return output, artifacts

    def take_in(self, checked=False):
        """Moves what the runs have written into the corpus. The names of those that are new there;
        they are on the disk when this returns. Files still being written stay for the next time."""
        new = []
        for output in self._outputs():
            for name in os.listdir(output):
                path = os.path.join(output, name)
                if not durable.is_whole(path):
                    continue
                if name in self.entries:
                    pathlib.Path(path).unlink(missing_ok=True)
                elif durable.move_in(path, self.folder):
                    new.append(name)
        if new:
            durable.sync_folder(self.folder)
            self.entries.update(new)
            if checked:
                self.checked.update(new)
        return new

    def _outputs(self):
        for which in os.listdir(self.work):
            output = os.path.join(self.work, which, 'new')
            if os.path.isdir(output):
                yield output

    def clear_work(self):
        """Removes what is left of runs that have ended: torn files, and links. After `take_in`, and
        when no artifact is left."""
        for which in os.listdir(self.work):
            shutil.rmtree(os.path.join(self.work, which))

    def unchecked(self):
        return self.entries - self.checked

    def mark_checked(self, names):
        self.checked.update(names)
        self.checked &= self.entries
        durable.write_whole(self._checked_path, '\n'.join(sorted(self.checked)))

    def unlink_removed(self, folder):
        """Takes out of a folder made by `link` what is no longer in the corpus."""
        for name in os.listdir(folder):
            if name not in self.entries:
                os.unlink(os.path.join(folder, name))

    def link(self, names, which):
        """A folder with links to these entries, to be read by a run."""
        folder = os.path.join(self.work, which, 'links')
        shutil.rmtree(folder, ignore_errors=True)
        os.makedirs(folder)
        for name in names:
            os.link(os.path.join(self.folder, name), os.path.join(folder, name))
        return folder

    def remove(self, name):
        if name in self.entries:
            os.unlink(os.path.join(self.folder, name))
            durable.sync_folder(self.folder)
            self.entries.discard(name)
            self.checked.discard(name)

    def merge_folder(self):
        folder = os.path.join(self.work, 'merged')
        shutil.rmtree(folder, ignore_errors=True)
        os.makedirs(folder)
        return folder

    def replace_by(self, merged, announce):
        """Puts the folder `merged` in the place of the corpus, in one step. `announce(removed)` is
        called before, with the names that will be gone; raises OSError if folders cannot be
        swapped, with nothing changed."""
        kept = set()
        for name in os.listdir(merged):
            path = os.path.join(merged, name)
            content = durable.content_hash(durable.read_bytes(path))
            durable.sync_file(path)
            os.replace(path, os.path.join(merged, content))
            kept.add(content)
        durable.sync_folder(merged)
        announce(sorted(self.entries - kept))
        durable.exchange(self.folder, merged)
        self.entries = kept
        self.checked &= kept
        shutil.rmtree(merged)  # which holds the old one now
