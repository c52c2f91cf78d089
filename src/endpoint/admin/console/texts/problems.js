/*
 * What the server says about a field (src/model/client_members.c, client.c, uri.c) in Chinese; in English it is shown as it comes. A sentence
 * that is not listed is shown as it is: better than hiding what is wrong.
 */
import { language } from '../core/language.js';

const sentences = [
  [/^must be a string$/, '必须是文本'],
  [/^must be (\d+) to (\d+) bytes without control characters$/, '须为 $1 至 $2 字节，不含控制字符'],
  [/^must be true or false$/, '必须是“是”或“否”'],
  [/^must be a whole number from (-?\d+) to (\d+)$/, '须为 $1 至 $2 的整数'],
  [/^must be a list of 1 to (\d+) URIs$/, '须填写 1 至 $1 个地址'],
  [/^must be a JWK set \(RFC 7517 §5\)$/, '必须是 JWK Set（RFC 7517 §5）'],
  [/^may hold letters, digits and - \. _ ~ only$/, '只能包含字母、数字和 - . _ ~'],
  [/^must be words with single spaces between them$/, '各项之间须以一个空格分隔'],
  [/^holds a character that a scope cannot have.*$/, '含有范围中不允许的字符'],
  [/^or jwks_uri is needed for private_key_jwt$/, '使用私钥签名时，须填写公钥或公钥地址'],
  [/^cannot be given together with jwks$/, '公钥和公钥地址只能填写一个'],
  [/^is needed: pairwise subjects with redirect_uris on several hosts$/, '回调地址在多个主机上且用户标识各系统不同时必填'],
  [/^is needed for grant_types authorization_code$/, '必填'],
  [/^is not a member we know$/, '不是可识别的项目'],
  [/^is missing$/, '必填'],
  [/^is needed$/, '必填'],
  [/^(.*) is not one we support$/, '$1 不受支持'],
  [/^(.*) is http to another machine$/, '$1 须使用 HTTPS'],
  [/^(.*) is not https; private-use schemes.*$/, '$1 须使用 HTTPS；自有协议仅限移动应用'],
  [/^(.*) is not https$/, '$1 须使用 HTTPS'],
  [/^(.*) needs a scheme of a reversed domain name.*$/, '$1 的协议名须为反写的域名（RFC 8252 §7.1）'],
  [/^(.*) has a fragment$/, '$1 不能含有 #'],
  [/^(.*) is not an absolute URI with a lower-case scheme$/, '$1 不是完整的地址（协议名须小写）'],
  [/^(.*) holds a space, a control character or one outside ASCII$/, '$1 含有空格或非 ASCII 字符'],
  [/^(.*) holds a character that a URI cannot have$/, '$1 含有地址中不允许的字符'],
  [/^(.*) has a bad percent escape$/, '$1 的百分号编码不正确'],
  [/^(.*) has user information$/, '$1 不能含有用户名'],
  [/^(.*) has a malformed host$/, '$1 的主机名不正确'],
  [/^(.*) has a bad port$/, '$1 的端口不正确'],
  [/^(.*) has a host that is not a lower-case name or address$/, '$1 的主机名须小写'],
  [/^(.*) has a dot segment$/, '$1 的路径不能含有 . 或 ..'],
  [/^(.*) has an empty path segment$/, '$1 的路径不能含有 //'],
  [/^(.*) is empty or longer than 2048 bytes$/, '$1 为空或超过 2048 字节'],
];

export function problemText(text) {
  if (language() === 'en') return text.replace(/^[a-z]+(?= |$)/, (word) => word.charAt(0).toUpperCase() + word.slice(1));
  for (const [pattern, chinese] of sentences) {
    if (pattern.test(text)) return text.replace(pattern, chinese);
  }
  return text;
}
