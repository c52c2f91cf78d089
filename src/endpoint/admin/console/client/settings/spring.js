/*
 * Spring Security's OAuth 2.0 client.
 */
export const name = 'spring';
export const title = 'Spring Security';

/* Spring keeps the registration's name in the path of its callback: {baseUrl}/login/oauth2/code/{registrationId}. */
function text({ issuer, clientId, scope, redirectUri, method }) {
  const secret = method.startsWith('client_secret') ? '\n            client-secret: ${CLIENT_SECRET}' : '';
  return `spring:
  security:
    oauth2:
      client:
        registration:
          tongxing:
            client-id: ${JSON.stringify(clientId)}${secret}
            client-authentication-method: ${method}
            authorization-grant-type: authorization_code
            redirect-uri: ${JSON.stringify(redirectUri)}
            scope: [${scope.split(' ').join(', ')}]
        provider:
          tongxing:
            issuer-uri: ${issuer}
            user-name-attribute: sub
`;
}

const code = `http.oauth2Login(login -> login
    .authorizationEndpoint(endpoint -> endpoint.authorizationRequestResolver(withPkce(registrations))));

static OAuth2AuthorizationRequestResolver withPkce(ClientRegistrationRepository registrations) {
    var resolver = new DefaultOAuth2AuthorizationRequestResolver(registrations, "/oauth2/authorization");
    resolver.setAuthorizationRequestCustomizer(OAuth2AuthorizationRequestCustomizers.withPkce());
    return resolver;
}
`;

const idToken = (alg) => `@Bean
JwtDecoderFactory<ClientRegistration> idTokenDecoderFactory() {
    var factory = new OidcIdTokenDecoderFactory();
    factory.setJwsAlgorithmResolver(registration -> SignatureAlgorithm.${alg});
    return factory;
}
`;

export const blocks = (portal) => [
  { title: 'application.yaml', text: text(portal) },
  { title: 'SecurityConfig.java (PKCE)', text: code },
  ...(portal.alg === 'RS256' || portal.alg === 'EdDSA' ? [] : [{ title: `SecurityConfig.java (${portal.alg})`, text: idToken(portal.alg) }]),
];
