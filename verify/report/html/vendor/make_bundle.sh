#!/usr/bin/env bash
# make_bundle.sh: makes plot.min.js and licences.txt anew, beside itself, from the
# packages of package.json as package-lock.json pins them. Needs npm and its registry.
# The same pins give the same bytes.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
cp "$here"/package.json "$here"/package-lock.json "$here"/plot.mjs "$scratch"
cd "$scratch"
npm ci --ignore-scripts --no-audit --no-fund >&2
npx esbuild plot.mjs --bundle --minify --format=iife --global-name=Plot --target=es2020 \
  --charset=utf8 --legal-comments=none --metafile=meta.json --outfile=plot.min.js >&2

# What is in the bundle, with its licence: the packages whose files esbuild took.
node --input-type=module - <<'JS'
import fs from 'node:fs';
const inputs = Object.keys(JSON.parse(fs.readFileSync('meta.json')).inputs);
const names = new Set(inputs.map(f => f.match(/^node_modules\/((?:@[^/]+\/)?[^/]+)/)?.[1]).filter(Boolean));
const groups = new Map();  // by what is not a copyright line, which is the same for many
const versions = {};
for (const name of [...names].sort()) {
  const folder = `node_modules/${name}`;
  const {version, license} = JSON.parse(fs.readFileSync(`${folder}/package.json`));
  const file = fs.readdirSync(folder).find(f => /^licen[cs]e/i.test(f));
  if (!file) throw new Error(`${name} has no licence file`);
  versions[name] = version;
  const lines = fs.readFileSync(`${folder}/${file}`, 'utf8').replace(/\r/g, '').trim().split('\n');
  const of = lines.filter(line => /^copyright (\(c\) )?\d/i.test(line.trim())).map(line => line.trim()).join('; ');
  const rest = lines.filter(line => !/^copyright (\(c\) )?\d/i.test(line.trim())).join('\n')
    .split(/\n\s*\n/).map(p => p.replace(/\s+/g, ' ').trim()).filter(Boolean).join('\n\n');
  if (!groups.has(rest)) groups.set(rest, []);
  groups.get(rest).push(`${name} ${version} (${license}): ${of}`);
}
let text = `Pictures are drawn with Observable Plot ${versions['@observablehq/plot']} and parts of d3 ${versions.d3}.\n`;
for (const [rest, packages] of groups) text += `\n${packages.join('\n')}\n\n${rest}\n`;
fs.writeFileSync('licences.txt', text);
JS
cp plot.min.js licences.txt "$here"
ls -l "$here"/plot.min.js >&2
