/** Puts the panel into the side bar, with its commands. */

import { ILayoutRestorer, type JupyterFrontEnd, type JupyterFrontEndPlugin } from '@jupyterlab/application';
import { Clipboard, ICommandPalette } from '@jupyterlab/apputils';
import type { CommandRegistry } from '@lumino/commands';
import type { Session } from '../models/session';
import { StudioPanel } from '../widgets/panel';
import type { ExampleActions } from '../widgets/toolDetails';
import { COMMANDS } from './commands';
import { creditsIcon } from './icon';
import { ISession } from './session';

const CATEGORY = 'Studio';

/** Commands of JupyterLab's notebook that put text into a new cell. */
const ADD_CELL = 'notebook:insert-cell-below';
const FILL_CELL = 'notebook:replace-selection';

export const panelPlugin: JupyterFrontEndPlugin<void> = {
  id: 'studio-labextension:panel',
  description: 'The side panel: balance, limits, runs and tools.',
  autoStart: true,
  requires: [ISession],
  optional: [ICommandPalette, ILayoutRestorer],
  activate: (app: JupyterFrontEnd, session: Session, palette: ICommandPalette | null, restorer: ILayoutRestorer | null) => {
    const panel = new StudioPanel(session, actionsOf(app.commands));
    panel.title.icon = creditsIcon;
    app.shell.add(panel, 'left', { rank: 850, type: CATEGORY });
    restorer?.add(panel, panel.id);
    addCommands(app, session, panel);
    for (const command of [COMMANDS.openPanel, COMMANDS.refresh, COMMANDS.copyExample, COMMANDS.insertExample]) {
      palette?.addItem({ command, category: CATEGORY });
    }
  }
};

function actionsOf(commands: CommandRegistry): ExampleActions {
  return {
    copy: text => void commands.execute(COMMANDS.copyExample, { text }),
    insert: text => void commands.execute(COMMANDS.insertExample, { text }),
    canInsert: () => canAddCell(commands)
  };
}

function addCommands(app: JupyterFrontEnd, session: Session, panel: StudioPanel): void {
  const { commands, shell } = app;
  const exampleOf = (args: { readonly text?: unknown }): string => (typeof args.text === 'string' ? args.text : panel.example);
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
    isEnabled: args => exampleOf(args) !== '' && canAddCell(commands),
    execute: async args => {
      await commands.execute(ADD_CELL);
      await commands.execute(FILL_CELL, { text: exampleOf(args) });
      panel.say('Example inserted below the active cell.');
    }
  });
}

function canAddCell(commands: CommandRegistry): boolean {
  return [ADD_CELL, FILL_CELL].every(command => commands.hasCommand(command) && commands.isEnabled(command));
}
