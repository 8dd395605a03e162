/** Wires the session to this Jupyter server and notices to JupyterLab. */

import type { JupyterFrontEnd, JupyterFrontEndPlugin } from '@jupyterlab/application';
import { Notification } from '@jupyterlab/apputils';
import { URLExt } from '@jupyterlab/coreutils';
import { ServerConnection } from '@jupyterlab/services';
import { Token, UUID } from '@lumino/coreutils';
import { StudioApi, type Send } from '../models/api';
import { Feed } from '../models/feed';
import { Session } from '../models/session';

/** The session of this browser tab. */
export const ISession = new Token<Session>('studio-labextension:ISession', 'Credits and runs of the user, kept up to date.');

/** Everything goes through ServerConnection: base URL, token and XSRF are right by construction. */
function sendTo(root: string, settings: ServerConnection.ISettings): Send {
  return (path, init) => ServerConnection.makeRequest(root + path, { cache: 'no-cache', ...init }, settings);
}

export const sessionPlugin: JupyterFrontEndPlugin<Session> = {
  id: 'studio-labextension:session',
  description: 'Follows the credits and runs of the user.',
  autoStart: true,
  provides: ISession,
  activate: (app: JupyterFrontEnd) => {
    const settings = app.serviceManager.serverSettings;
    const root = URLExt.join(settings.baseUrl, 'studio/');
    const api = new StudioApi(sendTo(root, settings), () => UUID.uuid4(), root);
    const session = new Session(api, new Feed(signal => api.openEvents(signal)));
    session.noticed.connect((_session, notice) => {
      Notification.emit(`Studio: ${notice.text}`, notice.severity, { autoClose: 10_000 });
    });
    window.addEventListener('pagehide', () => { session.dispose(); }, { once: true });
    void app.started.then(() => { session.start(); });
    return session;
  }
};
