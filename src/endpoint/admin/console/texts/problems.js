/*
 * What the server says about a field (src/model/client_members.c, client.c, uri.c) in Chinese; in English it is shown as it comes. A sentence
 * that is not listed is shown as it is: better than hiding what is wrong.
 */
import { language } from '../core/language.js';

const sentences = [
  [/^must be a string$/, '必须是文本'],
  [/^must be (\d+) to (\d+) bytes without control or invisible characters$/, '须为 $1 至 $2 字节，不含控制字符和不可见字符'],
  [/^must be (\d+) to (\d+) bytes of text.*$/, '须为 $1 至 $2 字节的文本'],
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
  [/^does not answer with a JSON list of redirect URIs$/, '该地址未返回回调地址列表（JSON）'],
  [/^does not list each of the redirect_uris$/, '该地址返回的列表未包含全部回调地址'],
  [/^is missing$/, '必填'],
  [/^must be a list of 1 to (\d+) strings$/, '须填写 1 至 $1 项'],
  [/^must lead to localhost, 127\.0\.0\.1 or \[::1\] in the sandbox$/, '沙箱系统只能指向 localhost、127.0.0.1 或 [::1]'],
  [/^must be ask in the sandbox$/, '沙箱系统须征得用户同意'],
  [/^is needed where consent is not asked for$/, '不征得用户同意时必填'],
  [/^is consent, which tongxing_consent says is not asked for$/, '已选择不征得同意，依据不能是“个人同意”'],
  [/^admin is for the administration console only$/, 'admin 仅供管理控制台使用'],
  [/^(.*) is not an origin: https:\/\/host, without path$/, '$1 须为不带路径的来源，例如 https://host'],
  [/^is not a unified social credit code \(GB 32100\)$/, '不是有效的统一社会信用代码（GB 32100）'],
  [/^is needed for a developer$/, '机构开发人员必填'],
  [/^is for developers only$/, '仅机构开发人员填写'],
  [/^is not an agency that is active$/, '该机构不存在或已停用'],
  [/^must be system, security, auditor or developer$/, '须为系统、安全、审计管理员或机构开发人员'],
  [/^is out of range$/, '超出范围'],
  [/^this account has a role already; nobody holds two$/, '该账号已担任一个角色，不能兼任'],
  [/^the administrator is confirmed already$/, '该管理员已确认'],
  [/^nobody confirms themselves or whom they named$/, '不能确认本人或本人提名的管理员'],
  [/^the last administrator of a role cannot be dismissed: name another one first$/, '不能免除某角色的最后一名管理员，请先提名他人'],
  [/^another administrator makes it for you$/, '本人的动态口令须由其他管理员重置'],
  [/^another agency has this credit code$/, '该信用代码已被其他机构使用'],
  [/^its client systems must be suspended or retired first$/, '须先暂停或注销其接入系统'],
  [/^a client system of this client_id exists$/, '该系统标识已被使用'],
  [/^a client system of this client_id comes with the server's configuration$/, '该系统标识已在服务器配置文件中使用'],
  [/^it is retired$/, '该系统已注销'],
  [/^a client system does not move into the sandbox or out of it: enter it anew$/, '沙箱系统与正式系统不能互转，请重新登记'],
  [/^it is not in a state for that$/, '当前状态下不能这样做'],
  [/^no change of it waits for approval$/, '没有待审批的变更'],
  [/^whoever submitted it cannot approve it \(four_eyes\)$/, '提交人不能批准自己提交的内容（四眼原则）'],
  [/^it has no use for a secret: .*$/, '该系统不使用密钥，或已注销'],
  [/^it is taken$/, '已被使用'],
  [/^it is closed$/, '该账号已注销'],
  [/^it is in that state already$/, '已处于该状态'],
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
