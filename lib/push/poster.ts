import {
  ApiGatewayManagementApiClient,
  DeleteConnectionCommand,
  PostToConnectionCommand,
} from '@aws-sdk/client-apigatewaymanagementapi';

/** What came of a post: `gone` for good, `busy` for now (throttled, or the client reads too slowly), `refused` as it is. */
export type PostResult = 'sent' | 'gone' | 'busy' | 'refused';

/** The connection-management API, as far as events need it. */
export interface Poster {
  post(connectionId: string, text: string): Promise<PostResult>;
  /** Ends a connection; never throws. */
  disconnect(connectionId: string): Promise<void>;
}

/** @param endpoint `https://id.execute-api.region.amazonaws.com/stage`, locally the gateway's own address */
export function apiGatewayPoster(endpoint: string, isLocal: boolean): Poster {
  const client = new ApiGatewayManagementApiClient({
    endpoint,
    // The queue decides what is tried again, and when.
    maxAttempts: 1,
    requestHandler: { connectionTimeout: 1000, requestTimeout: 3000, throwOnRequestTimeout: true },
    ...(isLocal && { region: 'us-east-1', credentials: { accessKeyId: 'local', secretAccessKey: 'local' } }),
  });
  return {
    async post(connectionId, text) {
      try {
        await client.send(new PostToConnectionCommand({ ConnectionId: connectionId, Data: Buffer.from(text) }));
        return 'sent';
      } catch (error) {
        return resultOf(error);
      }
    },
    async disconnect(connectionId) {
      try {
        await client.send(new DeleteConnectionCommand({ ConnectionId: connectionId }));
      } catch {
        // Gone already, or out of reach: API Gateway ends it by its own limits.
      }
    },
  };
}

/** https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-how-to-call-websocket-api-connections.html */
function resultOf(error: unknown): PostResult {
  const { name, status } = nameAndStatus(error);
  if (name === 'GoneException' || status === 410) return 'gone';
  if (name === 'PayloadTooLargeException' || status === 413) return 'refused';
  return 'busy';
}

function nameAndStatus(error: unknown): { name: string; status: number | undefined } {
  if (!(error instanceof Error)) return { name: '', status: undefined };
  const metadata: unknown = Reflect.get(error, '$metadata');
  const status: unknown =
    typeof metadata === 'object' && metadata !== null ? Reflect.get(metadata, 'httpStatusCode') : undefined;
  return { name: error.name, status: typeof status === 'number' ? status : undefined };
}
