import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import * as z from 'zod/mini';
import { PitchMeter } from '../../lib/smoke/pitch.ts';

const run = promisify(execFile);
const decodedRate = 16_000;

const manifest = z.object({
  recording_id: z.string(),
  /** Of whom it is: a session, or the mix of a room. */
  session_id: z.optional(z.string()),
  room_id: z.optional(z.string()),
  type: z.string(),
  started_at: z.string(),
  duration_ms: z.number(),
  parts: z.array(
    z.object({
      files: z.array(z.string()),
      offset_ms: z.number(),
      duration_ms: z.number(),
      incomplete: z.optional(z.literal(true)),
    }),
  ),
});
/** `recording.json`. */
export type Manifest = z.output<typeof manifest>;

/** What is served at a recording's `uri`. @throws Error with the HTTP status */
export async function fetchManifest(uri: string): Promise<Manifest> {
  return manifest.parse(await (await fetchOk(uri)).json());
}

export interface Played {
  readonly name: string;
  readonly kind: 'audio' | 'video';
  /** As it is served. */
  readonly bytes: number;
  readonly seconds: number;
  /** 0 for silence, and for video without sound. */
  readonly hz: number;
}

/** Fetches the files that a manifest names, makes them playable, and measures them: audio first, part by part. */
export async function playAll(uri: string): Promise<Played[]> {
  const { parts } = await fetchManifest(uri);
  const folder = await mkdtemp(join(tmpdir(), 'patchbay-recording-'));
  try {
    const played = await Promise.all(parts.flatMap(({ files }) => files).map((name) => play(uri, name, folder)));
    return played.sort((a, b) => a.kind.localeCompare(b.kind) || a.name.localeCompare(b.name));
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function play(uri: string, name: string, folder: string): Promise<Played> {
  const content = Buffer.from(await (await fetchOk(new URL(name, uri))).arrayBuffer());
  const kind = /-video|\.mp4$/.test(name) ? 'video' : 'audio';
  const recorded = join(folder, name);
  await writeFile(recorded, content);
  // What Janus writes is not for players yet.
  const isPlayable = !name.endsWith('.mjr');
  const playable = isPlayable ? recorded : `${recorded}.${kind === 'video' ? 'webm' : 'opus'}`;
  if (!isPlayable) await run('janus-pp-rec', [recorded, playable]);
  const hz = kind === 'audio' || isPlayable ? await pitchOf(playable) : 0;
  return { name, kind, bytes: content.length, seconds: await secondsOf(playable), hz };
}

async function secondsOf(file: string): Promise<number> {
  const asked = ['-v', 'error', '-show_entries', 'format=duration', '-of', 'csv=p=0'];
  return Number((await run('ffprobe', [...asked, file])).stdout.trim());
}

async function pitchOf(file: string): Promise<number> {
  const decoding = ['-v', 'error', '-i', file, '-f', 's16le', '-ac', '1', '-ar', String(decodedRate), '-'];
  const { stdout } = await run('ffmpeg', decoding, { encoding: 'buffer', maxBuffer: 2 ** 26 });
  const meter = new PitchMeter();
  for (let at = 0; at + 1 < stdout.length; at += 2) meter.hear(stdout.readInt16LE(at));
  return meter.hz(decodedRate);
}

async function fetchOk(url: string | URL): Promise<Response> {
  const response = await fetch(url);
  if (!response.ok) throw new Error(`${url}: HTTP ${response.status}`);
  return response;
}
