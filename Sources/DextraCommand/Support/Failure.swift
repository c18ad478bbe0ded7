/// A command could not do its work. The text says what was wrong and what would be right, and holds no secret.
///
/// ArgumentParser prints it after `Error: ` on standard error; the exit status is 1.
struct Failure: Error, Hashable, CustomStringConvertible {
    let description: String

    init(_ description: String) {
        self.description = description
    }
}
