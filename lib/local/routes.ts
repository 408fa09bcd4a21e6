import type { Context } from 'aws-lambda';
import { routes as commandRoutes } from '../protocol/commands.ts';

type Handler = (event: unknown, context: Context) => Promise<unknown>;

const folder = new URL('../../functions/', import.meta.url);

/** Every route of the API with its Lambda's handler, loaded from `functions/` as the command table names them. */
export async function loadRoutes(): Promise<Record<string, Handler>> {
  const special = ['connect', 'disconnect', 'default'].map(async (name) => [`$${name}`, await load(name)] as const);
  const ordinary = [...commandRoutes].map(
    async ([route, command]) => [route, await load(command.replaceAll('_', '-'))] as const,
  );
  return Object.fromEntries(await Promise.all([...special, ...ordinary]));
}

export const loadAuthorizer = (): Promise<Handler> => load('authorize');

async function load(name: string): Promise<Handler> {
  const module: unknown = await import(new URL(`${name}.ts`, folder).href);
  const handler = typeof module === 'object' && module !== null ? Reflect.get(module, 'handler') : undefined;
  if (typeof handler !== 'function') throw new Error(`functions/${name}.ts exports no handler`);
  return (event, context) => handler(event, context);
}
