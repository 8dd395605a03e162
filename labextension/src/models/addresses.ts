/** Addresses that come from the server. */

/** Whether an address may be opened: of the web, never a script. */
export function isOfTheWeb(address: string): boolean {
  return /^https?:\/\/[^/]/i.test(address);
}
