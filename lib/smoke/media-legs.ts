import { type Call, listenTo, type PatchbayClient, type SessionFields, startCall } from '../client/index.ts';
import { inTime, type Leg, type LegMedia, type Legs, patienceMs } from './leg.ts';
import { openTone, pitchHz, type Tone, type Wrtc } from './tone.ts';

/** A tone through Opus and a mixer is still the same tone. */
const tolerance = 0.05;

/** Sessions with real media: a tone that is sent, and what is heard of it. */
export function mediaLegs(client: PatchbayClient, wrtc: Wrtc): Legs {
  const tones: Tone[] = [];
  const createPeerConnection = (): RTCPeerConnection => new wrtc.RTCPeerConnection();
  const call = async (type: 'echo' | 'publish' | 'mcu', hz: number, session: SessionFields = {}) => {
    const tone = openTone(wrtc, hz);
    tones.push(tone);
    return legOf(await startCall(client, { type, stream: tone.stream, session, createPeerConnection }), wrtc);
  };
  return {
    echo: (hz, engine) => call('echo', hz, engine === undefined ? {} : { backend: engine }),
    publish: (hz) => call('publish', hz),
    listen: async ({ sessionId }) =>
      legOf(await listenTo(client, { publisherId: sessionId, createPeerConnection }), wrtc),
    join: (hz, roomId) => call('mcu', hz, roomId === undefined ? {} : { room_id: roomId }),
    close() {
      for (const tone of tones) tone.stop();
    },
  };
}

function legOf(call: Call, wrtc: Wrtc): Leg {
  return {
    sessionId: call.sessionId,
    roomId: call.roomId,
    media: mediaOf(call, wrtc),
    heard: (type) => heard(call, type),
    hangUp: () => call.hangUp(),
  };
}

const heard = (call: Call, wanted: string) =>
  inTime(
    () => `no event ${wanted} came`,
    new Promise<void>((resolve) => {
      call.onEvent(({ type }) => {
        if (type === wanted) resolve();
      });
    }),
  );

function mediaOf(call: Call, wrtc: Wrtc): LegMedia {
  const { peerConnection } = call;
  const tried = () => `tried ${addressesIn(peerConnection)}; is UDP open from here to there?`;
  return {
    connected: () =>
      inTime(() => `media is not connected (${tried()})`, isConnected(call)).catch((error: unknown) => {
        throw call.ended ? new Error(`the session ended: ${call.ended.reason} (${tried()})`) : error;
      }),
    hears: async (hz) => {
      const [track] = peerConnection.getReceivers().map((receiver) => receiver.track);
      if (!track) throw new Error('there is no track to hear');
      const deadline = AbortSignal.timeout(patienceMs);
      let heardHz = 0;
      while (!deadline.aborted) {
        heardHz = await pitchHz(wrtc, track, { signal: deadline });
        if (Math.abs(heardHz - hz) <= tolerance * hz) return heardHz;
      }
      const what = heardHz === 0 ? 'nothing' : `${Math.round(heardHz)} Hz`;
      throw new Error(`a tone of ${hz} Hz was sent, heard was ${what}`);
    },
  };
}

function isConnected({ peerConnection }: Call): Promise<void> {
  return new Promise((resolve, reject) => {
    const look = () => {
      const { connectionState } = peerConnection;
      if (connectionState === 'connected') resolve();
      else if (connectionState === 'failed' || connectionState === 'closed') {
        reject(new Error(`media is ${connectionState}`));
      }
    };
    peerConnection.addEventListener('connectionstatechange', look);
    look();
  });
}

/** Where the server said that its media is. */
function addressesIn({ remoteDescription }: RTCPeerConnection): string {
  const candidates = [...(remoteDescription?.sdp ?? '').matchAll(/^a=candidate:\S+ \d+ (\S+) \d+ (\S+) (\d+)/gm)];
  const addresses = new Set(
    candidates.map(([, transport, address, port]) => `${address}:${port}/${transport?.toLowerCase()}`),
  );
  return addresses.size === 0 ? 'no address: there was none in the SDP' : [...addresses].join(', ');
}
