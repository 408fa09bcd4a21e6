import janode, { type JanusMessage, type JanusRequest } from 'janode';
import videoroom from 'janode/plugins/videoroom';
import * as z from 'zod/mini';
import { isGone } from '../../lib/backends/janus/errors.ts';

/** Where a Janus' admin API is, as `stack.json` and `startJanus` say it. */
export interface JanusAdmin {
  readonly adminUrl: string;
  readonly adminSecret: string;
}

interface Asking {
  sendRequest(request: JanusRequest): Promise<JanusMessage>;
  listSessions(): Promise<JanusMessage>;
  listHandles(sessionId: number): Promise<JanusMessage>;
  handleInfo(sessionId: number, handleId: number): Promise<JanusMessage>;
}

const sessionList = z.object({ sessions: z.array(z.number()) });
const handleList = z.object({ handles: z.array(z.number()) });
const handleInfo = z.object({ info: z.record(z.string(), z.unknown()) });

/** The handles that Janus holds, of all its sessions. https://janus.conf.meetecho.com/docs/admin.html */
export const janusHandles = (admin: JanusAdmin): Promise<number[]> =>
  asking(admin, async (janus) => (await allHandles(janus)).map(({ handleId }) => handleId));

/** All that Janus knows of each handle; one that ends while it is asked for is left out. */
export const janusHandleInfos = (admin: JanusAdmin): Promise<Record<string, unknown>[]> =>
  asking(admin, async (janus) => {
    const infos: Record<string, unknown>[] = [];
    for (const { sessionId, handleId } of await allHandles(janus)) {
      try {
        infos.push(handleInfo.parse(await janus.handleInfo(sessionId, handleId)).info);
      } catch (error) {
        if (!isGone(error)) throw error;
      }
    }
    return infos;
  });

const negotiated = z.object({
  sdps: z.optional(z.object({ remote: z.optional(z.string()) })),
  webrtc: z.optional(z.object({ ice: z.optional(z.object({ 'remote-candidates': z.optional(z.array(z.string())) })) })),
});

/** The candidates of a client that Janus was given, in its SDP and after it; not those that it found out itself. */
export async function candidatesGiven(admin: JanusAdmin, ufrag: string): Promise<string[]> {
  const infos = z.array(negotiated).parse(await janusHandleInfos(admin));
  const client = infos.find(({ sdps }) => sdps?.remote?.includes(`a=ice-ufrag:${ufrag}\r\n`));
  if (!client) throw new Error(`Janus knows no client whose ICE name is ${ufrag}`);
  const inSdp = client.sdps?.remote?.match(/a=candidate:.*/g) ?? [];
  const all = client.webrtc?.ice?.['remote-candidates'] ?? [];
  return [...inSdp, ...all.filter((line) => !line.includes('typ prflx'))];
}

/** The handles that have a peer connection. */
export const janusPeers = async (admin: JanusAdmin): Promise<number[]> =>
  (await janusHandleInfos(admin)).flatMap(({ handle_id, webrtc }) => (webrtc ? [Number(handle_id)] : []));

/** Detaches a handle of whatever session. */
export const detachJanusHandle = (admin: JanusAdmin, handle_id: number): Promise<unknown> =>
  asking(admin, async (janus) => {
    const session_id = (await allHandles(janus)).find(({ handleId }) => handleId === handle_id)?.sessionId;
    return janus.sendRequest({ janus: 'detach_handle', session_id, handle_id });
  });

const roomList = z.object({ list: z.array(z.object({ room: z.string(), description: z.string() })) });

/** Sends requests to the videoroom plugin of a Janus, as anybody could. */
export async function askVideoroom(url: string, ...bodies: Record<string, unknown>[]): Promise<JanusMessage[]> {
  janode.Logger.setLevel('none');
  const connection = await janode.connect({ address: { url }, max_retries: 0 });
  try {
    const session = await connection.create();
    const handle = await session.attach(videoroom);
    const answers: JanusMessage[] = [];
    for (const body of bodies) answers.push(await handle.sendRequest({ janus: 'message', body }));
    await session.destroy();
    return answers;
  } finally {
    await connection.close();
  }
}

/** The rooms that a Janus has, with their descriptions; private ones are not listed. */
export async function janusRooms(url: string): Promise<{ room: string; description: string }[]> {
  const [answer] = await askVideoroom(url, { request: 'list' });
  return roomList.parse(answer?.plugindata?.data).list;
}

async function allHandles(janus: Asking): Promise<{ sessionId: number; handleId: number }[]> {
  const found: { sessionId: number; handleId: number }[] = [];
  for (const sessionId of sessionList.parse(await janus.listSessions()).sessions) {
    const { handles } = handleList.parse(await janus.listHandles(sessionId));
    found.push(...handles.map((handleId) => ({ sessionId, handleId })));
  }
  return found;
}

async function asking<T>(admin: JanusAdmin, ask: (janus: Asking) => Promise<T>): Promise<T> {
  janode.Logger.setLevel('none');
  const connection = await janode.connect({
    address: { url: admin.adminUrl, apisecret: admin.adminSecret },
    is_admin: true,
    max_retries: 0,
  });
  try {
    return await ask(connection);
  } finally {
    await connection.close();
  }
}
