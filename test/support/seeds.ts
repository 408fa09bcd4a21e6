import { readFile } from 'node:fs/promises';

/** A sample of the seeds as it is printed there: the very text, in which only `"v=0.."` becomes a real SDP. */
export async function sample(name: string, sdp?: string): Promise<string> {
  const text = await readFile(new URL(`../fixtures/seeds/${name}.json`, import.meta.url), 'utf8');
  if (sdp === undefined) return text;
  if (!/"v=0\.\.+"/.test(text)) throw new Error(`${name} holds no SDP`);
  return text.replace(/"v=0\.\.+"/, JSON.stringify(sdp));
}

/** The text of a `create` sample, with the id that its document says it was given. */
export const withId = (text: string, id: string): string =>
  text.replace('"type"', `"session_id": "${id}",\n\t\t"type"`);
