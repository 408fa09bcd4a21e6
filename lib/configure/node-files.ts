import { chmod, mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Environment, type Variable, variables } from '../env.ts';

/** Where the containers of a node have what they must know: each in a folder of its own, a volume that only `configure` mounts too. */
export const defaultRunDir = '/run/patchbay';

/** What is where below it. */
export const nodeFiles = (runDir: string) => ({
  janus: join(runDir, 'janus'),
  freeswitch: join(runDir, 'freeswitch'),
  /** For s6-envdir: a file for each variable of the controller. */
  environment: join(runDir, 'controller', 'environment'),
  /** The controller makes it when it can take calls for the first time; its container is healthy from then on. */
  served: join(runDir, 'controller', 'served'),
});

/** What the controller's environment was last time; nothing where there was none. */
export async function readEnvironment(folder: string, names: readonly Variable[]): Promise<Environment> {
  const pairs = names.map(async (name) => [variables[name], await readIfThere(join(folder, variables[name]))] as const);
  return Object.fromEntries(await Promise.all(pairs));
}

/** @param values by variable; s6-envdir unsets one whose file is empty */
export async function writeEnvironment(
  folder: string,
  values: Readonly<Partial<Record<Variable, string>>>,
): Promise<void> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  // It may have been there with other rights, as the place where a volume is mounted.
  await chmod(folder, 0o700);
  for (const [name, value = ''] of Object.entries(values)) {
    await writeWhole(join(folder, variables[name as Variable]), value);
  }
}

/** A controller that starts meanwhile reads the old one or the new one. */
async function writeWhole(file: string, text: string): Promise<void> {
  const part = `${file}.part`;
  await writeFile(part, text, { mode: 0o600 });
  await rename(part, file);
}

async function readIfThere(file: string): Promise<string | undefined> {
  try {
    return (await readFile(file, 'utf8')).trim();
  } catch {
    return undefined;
  }
}
