/** The side panel: balance, limits, runs and tools, one below the other. */

import type { Message } from '@lumino/messaging';
import { Panel } from '@lumino/widgets';
import type { Session } from '../models/session';
import { BalanceSection } from './balanceSection';
import { liveRegion, setText } from './dom';
import { creditsIcon } from './icons';
import { LimitsSection } from './limitsSection';
import { RunsSection } from './runsSection';
import type { ExampleActions } from './toolDetails';
import { ToolsSection } from './toolsSection';

export const PANEL_ID = 'studio-panel';

/** Holds the sections and brings the keyboard into them. */
export class StudioPanel extends Panel {
  constructor(session: Session, actions: ExampleActions) {
    super();
    this.id = PANEL_ID;
    this.addClass('studio-Panel');
    this.title.icon = creditsIcon;
    this.title.caption = 'Studio: credits, tools and runs';
    this.node.setAttribute('role', 'region');
    this.node.setAttribute('aria-label', 'Studio');
    this.tools = new ToolsSection(session, actions);
    [new BalanceSection(session), new LimitsSection(session), new RunsSection(session), this.tools].forEach(section => {
      this.addWidget(section);
    });
    this.node.append(this.spoken);
  }

  /** The example of the opened tool, empty when there is none. */
  get example(): string {
    return this.tools.example;
  }

  /** Tell what was done, for people who do not see it. */
  say(text: string): void {
    setText(this.spoken, '');
    setText(this.spoken, text);
  }

  protected override onAfterShow(message: Message): void {
    super.onAfterShow(message);
    this.tools.load();
  }

  protected override onActivateRequest(message: Message): void {
    super.onActivateRequest(message);
    this.tools.focusSearch();
  }

  private readonly tools: ToolsSection;
  private readonly spoken = liveRegion();
}
