/// The pages, by the names of their templates in `static/`; and `layout`, which all of them fill.
enum TemplateName: String, CaseIterable, Sendable {
    case layout
    case login
    case newPassword = "new_password"
    case connectors
    case approval
    case error
    case outOfBand = "out_of_band"
    case formPost = "form_post"
    case logout
    case loggedOut = "logged_out"
    case landing
    case exampleApp = "example_app"
    case edgeSignIn = "edge_sign_in"
    case edgeFailure = "edge_failure"

    /// The text that is built into the program.
    var embeddedText: String {
        let bytes =
            switch self {
            case .layout: PackageResources.layout_mustache
            case .login: PackageResources.login_mustache
            case .newPassword: PackageResources.new_password_mustache
            case .connectors: PackageResources.connectors_mustache
            case .approval: PackageResources.approval_mustache
            case .error: PackageResources.error_mustache
            case .outOfBand: PackageResources.out_of_band_mustache
            case .formPost: PackageResources.form_post_mustache
            case .logout: PackageResources.logout_mustache
            case .loggedOut: PackageResources.logged_out_mustache
            case .landing: PackageResources.landing_mustache
            case .exampleApp: PackageResources.example_app_mustache
            case .edgeSignIn: PackageResources.edge_sign_in_mustache
            case .edgeFailure: PackageResources.edge_failure_mustache
            }
        return String(decoding: bytes, as: UTF8.self)
    }
}
