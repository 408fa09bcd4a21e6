import { readdir, readFile, readlink } from 'node:fs/promises';
import { descendants } from './processes.ts';

/** The addresses on which the processes below one listen for TCP. */
export async function listeners(first: number): Promise<string[]> {
  const inodes = new Set<string>();
  for (const { pid } of descendants(first)) {
    for (const fd of await readdir(`/proc/${pid}/fd`)) {
      const [, inode] = /^socket:\[(\d+)\]$/.exec(await readlink(`/proc/${pid}/fd/${fd}`).catch(() => '')) ?? [];
      if (inode !== undefined) inodes.add(inode);
    }
  }
  const listening = '0A';
  const rows = ['tcp', 'tcp6'].map(async (kind) => (await readFile(`/proc/net/${kind}`, 'utf8')).split('\n').slice(1));
  return (await Promise.all(rows))
    .flat()
    .map((row) => row.trim().split(/\s+/))
    .filter(([, , , state, , , , , , inode = '']) => state === listening && inodes.has(inode))
    .map(([, local = '']) => addressOf(local));
}

/** `0100007F:1F90`, as /proc/net/tcp has it. */
function addressOf(local: string): string {
  const hex = local.split(':')[0] ?? '';
  if (hex.length !== 8) return `IPv6 ${hex}`;
  return [...(hex.match(/../g) ?? [])]
    .reverse()
    .map((byte) => Number.parseInt(byte, 16))
    .join('.');
}
