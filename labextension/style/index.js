import './base.css';
import './status.css';
import './panel.css';
import './controls.css';
import './lists.css';
import './buying.css';
import './cards.css';
