import type { Caller } from '../domain/access.ts';
import type { Command, CommandData, CommandReply } from '../protocol/commands.ts';
import type { Placed } from './session/sessions.ts';

/** A command as a function sent it: `data` checked, the caller known. */
export interface Order<C extends Command> {
  readonly caller: Caller;
  readonly data: CommandData<C>;
  readonly requestId: string;
  /** For `session/create`: what the function decided. */
  readonly placed: Placed | undefined;
  /** For lists: the last id of the page before. */
  readonly after: string;
  /** To be called once it is sure that the command is carried out, while its result is yet to come. */
  readonly accepted: () => void;
}

/** What functions do alone. */
type WithoutNode = 'node/get_list';
export type NodeCommand = Exclude<Command, WithoutNode>;

/** What the node does for each command whose name begins so. */
export type Handlers<Prefix extends string> = {
  readonly [C in Extract<NodeCommand, `${Prefix}/${string}`>]: (order: Order<C>) => Promise<CommandReply<C>>;
};
