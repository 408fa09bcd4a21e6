import { signedRequest } from '../aws/signed-request.ts';
import type { Poster, PostResult } from './poster.ts';

/**
 * The connection-management API for whoever posts now and then: without its client, which is larger than all of the reaper.
 * https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-how-to-call-websocket-api-connections.html
 *
 * @param url `https://id.execute-api.region.amazonaws.com/stage`, locally the gateway's own address
 */
export function signedPoster(url: string, region: string): Poster {
  const endpoint = { url, region, service: 'execute-api' };
  const pathOf = (connectionId: string) => `/@connections/${encodeURIComponent(connectionId)}`;
  return {
    async post(connectionId, text) {
      try {
        const request = { method: 'POST', path: pathOf(connectionId), body: text } as const;
        return resultOf((await signedRequest(endpoint, request)).status);
      } catch {
        return 'busy';
      }
    },
    async disconnect(connectionId) {
      try {
        await signedRequest(endpoint, { method: 'DELETE', path: pathOf(connectionId) });
      } catch {
        // Gone already, or out of reach: API Gateway ends it by its own limits.
      }
    },
  };
}

function resultOf(status: number): PostResult {
  if (status === 200) return 'sent';
  if (status === 410) return 'gone';
  return status === 413 ? 'refused' : 'busy';
}
