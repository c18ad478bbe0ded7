/// The version of this program.
enum Version {
    /// As in <https://semver.org>.
    static let text = "0.1.0"
}
