import type { JanodeConnection, JanodeHandle, JanodeSession, PluginDescriptor } from 'janode';
import { isGone } from './errors.ts';

/**
 * Takes over a Janus session on a new WebSocket (`reclaim_session_timeout` of janus.jcfg says for how long after the
 * loss of the old one). janode has no call for it, so its own objects are made by answering their first request
 * ourselves, through its public methods only. https://janus.conf.meetecho.com/docs/rest.html ("claim")
 *
 * @returns undefined when Janus knows no such session
 */
export async function claimSession(
  connection: JanodeConnection,
  sessionId: number,
  keepAliveSeconds: number,
): Promise<JanodeSession | undefined> {
  const session = await answeringFirst(connection, sessionId, () => connection.create(keepAliveSeconds));
  try {
    await session.sendRequest({ janus: 'claim' });
    return session;
  } catch (error) {
    session.emit('session_destroyed', { id: sessionId });
    if (isGone(error)) return undefined;
    throw error;
  }
}

/** janode's object for a handle that Janus has already. */
export const claimHandle = (
  session: JanodeSession,
  plugin: PluginDescriptor,
  handleId: number,
): Promise<JanodeHandle> => answeringFirst(session, handleId, () => session.attach(plugin));

/** Lets `make` run while `owner.sendRequest` answers with an id that Janus gave long ago. */
async function answeringFirst<Owner extends JanodeConnection | JanodeSession, Made>(
  owner: Owner,
  id: number,
  make: () => Promise<Made>,
): Promise<Made> {
  owner.sendRequest = async () => ({ janus: 'success', data: { id } });
  try {
    return await make();
  } finally {
    Reflect.deleteProperty(owner, 'sendRequest');
  }
}
