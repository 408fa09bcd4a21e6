import janode, { type JanusMessage } from 'janode';
import * as z from 'zod/mini';

/** Where a Janus' admin API is, as `stack.json` and `startJanus` say it. */
export interface JanusAdmin {
  readonly adminUrl: string;
  readonly adminSecret: string;
}

interface Asking {
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

/** All that Janus knows of each handle. */
export const janusHandleInfos = (admin: JanusAdmin): Promise<Record<string, unknown>[]> =>
  asking(admin, async (janus) => {
    const infos: Record<string, unknown>[] = [];
    for (const { sessionId, handleId } of await allHandles(janus)) {
      infos.push(handleInfo.parse(await janus.handleInfo(sessionId, handleId)).info);
    }
    return infos;
  });

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
