/** Names of the commands of the extension. */
export const COMMANDS = {
  openPanel: 'studio:open-panel',
  refresh: 'studio:refresh',
  copyExample: 'studio:copy-example',
  insertExample: 'studio:insert-example'
} as const;
