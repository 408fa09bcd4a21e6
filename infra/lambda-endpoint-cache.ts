/** What bundles get in place of `@aws-sdk/endpoint-cache`: DynamoDB's endpoint discovery is off, so nothing is ever cached. */
export class EndpointCache {
  get(): undefined {
    return undefined;
  }
  set(): void {}
  delete(): void {}
  has(): boolean {
    return false;
  }
  clear(): void {}
}
