/// Which proxy asks, and thus which of the headers it wrote say what the client wants. A header that the proxy does not write is
/// the client's own word; so each dialect reads its own and no others.
public enum ProxyDialect: String, Sendable, Hashable, CaseIterable {
    /// nginx: `X-Original-URI`, `X-Original-Method`, and `Host` as nginx was told to set them.
    case nginx
    /// ingress-nginx: `X-Original-URL`, `X-Original-Method`.
    case ingressNginx = "ingress-nginx"
    /// Traefik, Caddy and HAProxy: `X-Forwarded-Method`, `-Proto`, `-Host`, `-Uri`.
    case traefik
    case caddy
    case haproxy
    case apache

    /// Whether the proxy hands a redirect on to the client. nginx makes an error of anything but 401 and 403.
    var passesRedirects: Bool {
        switch self {
        case .nginx, .ingressNginx: false
        case .traefik, .caddy, .haproxy, .apache: true
        }
    }

    /// Whether the proxy takes a path in `Location` for one at the address where it asked, instead of one at the client's host.
    var resolvesRedirects: Bool {
        switch self {
        case .traefik: true
        case .nginx, .ingressNginx, .caddy, .haproxy, .apache: false
        }
    }
}
