/** The plugins of the extension; collects, nothing else. */

import { panelPlugin } from './plugins/panel';
import { sessionPlugin } from './plugins/session';
import { statusPlugin } from './plugins/status';

export default [sessionPlugin, statusPlugin, panelPlugin];
