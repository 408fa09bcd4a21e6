import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { describe, expect, test } from 'vitest';
import * as z from 'zod/mini';
import { commandNames, commandRow, routes } from '../../../lib/protocol/commands.ts';

const root = new URL('../../../', import.meta.url);
const fileOf = (command: string) => command.replaceAll('_', '-');

describe.each(commandNames)('%s', (name) => {
  test('has a function of its name that exports a handler', async () => {
    const module: unknown = await import(new URL(`functions/${fileOf(name)}.ts`, root).href);
    expect(module).toHaveProperty('handler', expect.any(Function));
  });

  test('is dispatched by $default to that function', async () => {
    const source = await readFile(new URL('functions/default.ts', root), 'utf8');
    const imported = new RegExp(`import \\{ handler as (\\w+) \\} from '\\./${fileOf(name)}\\.ts'`).exec(source)?.[1];
    expect(imported, 'imported').toBeDefined();
    expect(source).toContain(`'${name}': ${imported},`);
  });

  test('has a test of its name', () => {
    expect(existsSync(new URL(`test/functions/${fileOf(name)}.test.ts`, root))).toBe(true);
  });

  test('says what it does, in a sentence', () => {
    expect(commandRow(name).summary).toMatch(/^[A-Z].*\.$/);
  });

  test('is spelt as a route key', () => {
    expect(name).toMatch(/^(session|room|node|event)\/[a-z]+(_[a-z]+)*$/);
  });

  test('has a session_id that may be left out, if it is of a session', () => {
    const id: unknown = Reflect.get(Object(Reflect.get(commandRow(name).data, 'shape')), 'session_id');
    const isOptional = id instanceof z.core.$ZodOptional;
    expect(isOptional).toBe(
      commandRow(name).ofSession === true || name === 'session/create' || name === 'session/attach',
    );
  });

  test('gives no older name of a field to a field that does not exist', () => {
    const shape: unknown = Reflect.get(commandRow(name).data, 'shape');
    for (const [old, today] of Object.entries(commandRow(name).fieldNames ?? {})) {
      expect(shape).toHaveProperty(today);
      expect(shape).not.toHaveProperty(old);
    }
  });
});

test('every route leads to one command, older names included', () => {
  const all = commandNames.flatMap((name) => [name, ...(commandRow(name).alsoKnownAs ?? [])]);
  expect(new Set(all).size).toBe(all.length);
  expect([...routes.keys()].sort()).toEqual(all.sort());
  expect(routes.get('session/start')).toBe('session/create');
});
