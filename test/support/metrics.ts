/** The value of one line of a node's `/metrics`, named as it stands there with its labels; 0 when it is not there. */
export async function metric(controllerUrl: string, line: string): Promise<number> {
  const text = await (await fetch(`${controllerUrl}/metrics`)).text();
  const found = text.split('\n').find((one) => one.startsWith(`${line} `));
  return found ? Number(found.slice(line.length + 1)) : 0;
}
