import { execFileSync } from 'node:child_process';
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../', import.meta.url));

/** Writes the declarations of some sources, and of those that they name in turn: not of all that is behind them. */
export async function writeTypes(config: string, sources: readonly string[], outDir: string): Promise<void> {
  const all = await mkdtemp(join(tmpdir(), 'patchbay-types-'));
  // A configuration of its own, to compile these sources and no others.
  const own = join(root, dirname(config), '.tsconfig.types.json');
  const compilerOptions = { noEmit: false, declaration: true, emitDeclarationOnly: true, outDir: all, rootDir: root };
  const files = sources.map((source) => join(root, source));
  await writeFile(own, JSON.stringify({ extends: join(root, config), compilerOptions, files, include: [] }));
  try {
    execFileSync('tsc', ['-p', own], { stdio: 'inherit' });
    for (const file of await reachable(all, sources.map(declarationOf))) {
      const text = await readFile(join(all, file), 'utf8');
      await cp(join(all, file), join(root, outDir, file));
      // What is imported is the declaration as JavaScript names it.
      await writeFile(
        join(root, outDir, file),
        text
          .replaceAll(/(from\s+'\.[^']*|import\('\.[^']*)\.ts'/g, "$1.js'")
          .replaceAll(/(from\s+"\.[^"]*|import\("\.[^"]*)\.ts"/g, '$1.js"'),
      );
    }
  } finally {
    await rm(own, { force: true });
    await rm(all, { recursive: true, force: true });
  }
}

const declarationOf = (source: string) => source.replace(/\.ts$/, '.d.ts');

async function reachable(folder: string, from: readonly string[]): Promise<Set<string>> {
  const found = new Set<string>();
  const waiting = [...from];
  for (let file = waiting.pop(); file !== undefined; file = waiting.pop()) {
    if (found.has(file)) continue;
    found.add(file);
    const text = await readFile(join(folder, file), 'utf8');
    for (const [, path = ''] of text.matchAll(/(?:from\s+|import\()["'](\.[^"']+)\.[tj]s["']/g)) {
      waiting.push(relative(folder, resolve(folder, dirname(file), `${path}.d.ts`)));
    }
  }
  return found;
}
