/** Puts the panel into the side bar, with its commands. */

import { ILayoutRestorer, type JupyterFrontEnd, type JupyterFrontEndPlugin } from '@jupyterlab/application';
import { Clipboard, ICommandPalette, Notification } from '@jupyterlab/apputils';
import type { Session } from '../models/session';
import { StudioPanel } from '../widgets/panel';
import type { ExampleActions } from '../widgets/toolDetails';
import { openTab } from './browserTab';
import { COMMANDS } from './commands';
import { creditsIcon } from './icon';
import { addCell, canAddCell } from './notebookCell';
import { ISession } from './session';

const CATEGORY = 'Studio';

export const panelPlugin: JupyterFrontEndPlugin<void> = {
  id: 'studio-labextension:panel',
  description: 'The side panel: notices, balance, buying, limits, runs and tools.',
  autoStart: true,
  requires: [ISession],
  optional: [ICommandPalette, ILayoutRestorer],
  activate: (app: JupyterFrontEnd, session: Session, palette: ICommandPalette | null, restorer: ILayoutRestorer | null) => {
    const panel = new StudioPanel(session, actionsOf(app), openTab);
    panel.title.icon = creditsIcon;
    app.shell.add(panel, 'left', { rank: 850, type: CATEGORY });
    restorer?.add(panel, panel.id);
    addCommands(app, session, panel);
    addExampleCommands(app, panel);
    for (const command of [COMMANDS.openPanel, COMMANDS.refresh, COMMANDS.copyExample, COMMANDS.insertExample]) {
      palette?.addItem({ command, category: CATEGORY });
    }
  }
};

function actionsOf(app: JupyterFrontEnd): ExampleActions {
  const { commands } = app;
  return {
    copy: text => void commands.execute(COMMANDS.copyExample, { text }),
    insert: text => {
      if (canAddCell(app)) {
        void commands.execute(COMMANDS.insertExample, { text });
      } else {
        Notification.info('Open a notebook first: the example goes below its active cell.', { autoClose: 6_000 });
      }
    }
  };
}

function addCommands(app: JupyterFrontEnd, session: Session, panel: StudioPanel): void {
  const { commands, shell } = app;
  commands.addCommand(COMMANDS.openPanel, {
    label: 'Open Studio Panel',
    caption: 'Credits, limits, runs and tools',
    icon: creditsIcon,
    execute: () => { shell.activateById(panel.id); }
  });
  commands.addCommand(COMMANDS.refresh, {
    label: 'Refresh Studio',
    caption: 'Connect again and show what the server says now',
    execute: () => { session.refresh(); }
  });
}

function addExampleCommands(app: JupyterFrontEnd, panel: StudioPanel): void {
  const { commands } = app;
  const exampleOf = (args: { readonly text?: unknown }): string => (typeof args.text === 'string' ? args.text : panel.example);
  commands.addCommand(COMMANDS.copyExample, {
    label: 'Copy Example of the Opened Tool',
    isEnabled: args => exampleOf(args) !== '',
    execute: args => {
      Clipboard.copyToSystem(exampleOf(args));
      panel.say('Example copied.');
    }
  });
  commands.addCommand(COMMANDS.insertExample, {
    label: 'Insert Example of the Opened Tool into the Notebook',
    isEnabled: args => exampleOf(args) !== '' && canAddCell(app),
    execute: async args => {
      if (await addCell(app, exampleOf(args))) {
        panel.say('Example inserted below the active cell.');
      }
    }
  });
}
