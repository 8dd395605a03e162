/** Puts the balance into the status bar. */

import type { JupyterFrontEnd, JupyterFrontEndPlugin } from '@jupyterlab/application';
import { IStatusBar } from '@jupyterlab/statusbar';
import type { Session } from '../models/session';
import { StatusItem } from '../widgets/statusItem';
import { COMMANDS } from './commands';
import { creditsIcon } from './icon';
import { ISession } from './session';

export const statusPlugin: JupyterFrontEndPlugin<void> = {
  id: 'studio-labextension:status',
  description: 'The balance in the status bar.',
  autoStart: true,
  requires: [ISession],
  optional: [IStatusBar],
  activate: (app: JupyterFrontEnd, session: Session, statusBar: IStatusBar | null) => {
    if (statusBar !== null) {
      const icon = creditsIcon.element({ tag: 'span', height: '14px', width: '14px' });
      const item = new StatusItem(session, icon, () => void app.commands.execute(COMMANDS.openPanel));
      statusBar.registerStatusItem(statusPlugin.id, { item, align: 'right', rank: 50, isActive: () => true });
    }
  }
};
