public import Bytes

/// The pictures beside the names on the page of connectors: simple signs of what they are, and nobody's trademark.
public enum ConnectorIcons {
    /// Files of `static/` by the connector types that they are for.
    static let files: [ExactText: [UInt8]] = [
        "atlassian-crowd": PackageResources.icon_atlassian_crowd_svg,
        "authproxy": PackageResources.icon_authproxy_svg,
        "bitbucket-cloud": PackageResources.icon_bitbucket_cloud_svg,
        "gitea": PackageResources.icon_gitea_svg,
        "github": PackageResources.icon_github_svg,
        "gitlab": PackageResources.icon_gitlab_svg,
        "google": PackageResources.icon_google_svg,
        "keystone": PackageResources.icon_keystone_svg,
        "ldap": PackageResources.icon_ldap_svg,
        "linkedin": PackageResources.icon_linkedin_svg,
        "local": PackageResources.icon_local_svg,
        "microsoft": PackageResources.icon_microsoft_svg,
        "mock": PackageResources.icon_mock_svg,
        "oauth": PackageResources.icon_oauth_svg,
        "oidc": PackageResources.icon_oidc_svg,
        "openshift": PackageResources.icon_openshift_svg,
        "saml": PackageResources.icon_saml_svg,
    ]

    /// The name of a file for a connector: the one for its id, else the one for its type.
    /// - Parameter names: of the files of `static/`, an operator's own among them.
    public static func file(id: String, type: String, among names: Set<ExactText>) -> String? {
        let type = type.startsWithBytes(of: "mock") ? "mock" : type
        return [id, type].lazy.flatMap { ["icon-\($0).svg", "icon-\($0).png"] }.first { names.contains($0.exact) }
    }
}
