import { readFile } from 'node:fs/promises';

/** A sample of the seeds as it is printed there: the very text, in which only `"v=0.."` becomes a real SDP. */
export async function sample(name: string, sdp?: string): Promise<string> {
  const text = await readFile(new URL(`../fixtures/seeds/${name}.json`, import.meta.url), 'utf8');
  if (sdp === undefined) return text;
  if (!/"v=0\.\.+"/.test(text)) throw new Error(`${name} holds no SDP`);
  return text.replace(/"v=0\.\.+"/, JSON.stringify(sdp));
}
