import type { JanusMessage } from 'janode';
import Handle, { type PluginEventData } from 'janode/handle';

/**
 * A janode handle for the plugins whose every answer and event is `{ [plugin]: "event", result: { event, … } }` or
 * `{ [plugin]: "event", error_code, error }`. What belongs to no request of ours is emitted as `plugin_event`.
 */
export abstract class ResultHandle extends Handle {
  /** The name that the plugin's messages carry. */
  protected abstract readonly plugin: string;

  /** As janode wants it: null for what is none of this plugin's. */
  override handleMessage(message: JanusMessage): PluginEventData | null {
    const { plugindata, transaction } = message;
    const data = plugindata?.data ?? {};
    if (data[this.plugin] !== 'event') return null;
    const isAnswer = this.ownsTransaction(transaction);
    const event = this._newPluginEvent(message);
    if (data.error !== undefined) {
      const error = new Error([data.error_code, data.error].map(said).join(' '));
      event.event = `${this.plugin}_error`;
      event.data = error;
      this.closeTransactionWithError(transaction, error);
    } else if (isResult(data.result)) {
      event.event = `${this.plugin}_${data.result.event}`;
      Object.assign(event.data, data.result);
      this.closeTransactionWithSuccess(transaction, message);
    } else {
      return null;
    }
    if (!isAnswer) this.emit(event.event, event.data);
    return event;
  }
}

const said = (value: unknown): string => (typeof value === 'string' ? value : (JSON.stringify(value) ?? ''));

const isResult = (value: unknown): value is { event: string } =>
  typeof value === 'object' && value !== null && 'event' in value && typeof value.event === 'string';
