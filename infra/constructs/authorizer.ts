import { RemovalPolicy, Token } from 'aws-cdk-lib';
import { type ISecret, Secret } from 'aws-cdk-lib/aws-secretsmanager';
import { Construct } from 'constructs';
import type { JwtProps } from '../props.ts';
import { secretStatements } from './encryption.ts';
import { explain } from './findings.ts';
import type { Functions } from './functions.ts';

export interface AuthorizerProps {
  readonly functions: Functions;
  readonly jwt?: JwtProps | undefined;
  readonly stage: string;
}

/** Where the authorizer finds what tokens are signed with. Without an issuer patchbay has a secret of its own to sign them with. */
export class Authorizer extends Construct {
  /** Undefined where tokens are checked by public keys. */
  readonly secret: ISecret | undefined;

  constructor(scope: Construct, id: string, { functions, jwt, stage }: AuthorizerProps) {
    super(scope, id);
    const { issuer, audience, jwksUrl } = jwt ?? { issuer: 'patchbay', audience: `patchbay-${stage}` };
    if (jwt && (jwksUrl === undefined) === (jwt.secret === undefined)) {
      throw new Error('patchbay: jwt: give one of jwksUrl and secret');
    }
    // Whoever can change the answer on its way can make tokens.
    if (jwksUrl !== undefined && !Token.isUnresolved(jwksUrl) && !/^https:\/\//.test(jwksUrl)) {
      throw new Error(`patchbay: jwt.jwksUrl is https://…, not ${jwksUrl}`);
    }
    functions.set('auth', 'jwt');
    functions.set('jwtIssuer', issuer);
    functions.set('jwtAudience', audience);
    if (jwksUrl !== undefined) {
      functions.set('jwksUrl', jwksUrl);
      return;
    }
    this.secret = jwt?.secret ?? this.#makeSecret();
    functions.set('jwtSecretArn', this.secret.secretArn);
    for (const statement of secretStatements(this.secret)) functions.grant('authorize', statement);
  }

  #makeSecret(): Secret {
    const secret = new Secret(this, 'Secret', {
      description: 'patchbay: signs the tokens of its clients (HS256)',
      generateSecretString: { passwordLength: 64, excludePunctuation: true },
      removalPolicy: RemovalPolicy.DESTROY,
    });
    explain(secret, {
      SMG4: 'Whoever makes tokens holds a copy of it, so it is rotated there and here at once, by hand; connections that are open are not judged again.',
    });
    return secret;
  }
}
