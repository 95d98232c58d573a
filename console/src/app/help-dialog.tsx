import Box from '@cloudscape-design/components/box';
import Modal from '@cloudscape-design/components/modal';
import { useText } from '../i18n/text.ts';
import { pages } from './navigation.ts';

export function HelpDialog({ onClose }: { onClose: () => void }) {
  const t = useText();
  const rows: [string, string][] = [
    ['/  Ctrl-K', t('help.search')],
    ['?', t('help.help')],
    ['j  k', t('help.rows')],
    ['Enter', t('help.open')],
    ['f', t('help.filter')],
    ['← ↑ → ↓', t('help.map')],
    ['Esc', t('help.close')],
    ['w  s  a  d', t('help.timeline')],
    ['u', t('help.utc')],
    ...pages.map((page): [string, string] => [`g ${page.letter}`, t(page.text)]),
  ];
  return (
    <Modal visible onDismiss={onClose} header={t('help.title')} closeAriaLabel={t('action.close')}>
      <table className="hatoba-keys">
        <tbody>
          {rows.map(([keys, meaning]) => (
            <tr key={keys}>
              <th scope="row">
                <kbd>{keys}</kbd>
              </th>
              <td>
                <Box>{meaning}</Box>
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </Modal>
  );
}
