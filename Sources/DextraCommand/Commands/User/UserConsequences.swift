/// What it means for tokens that somebody may no longer log in.
enum UserConsequences {
    static func refused(_ target: StoreTarget) -> String {
        """
        From now on logins and refresh tokens are refused; tokens that were issued already \
        expire within \(DurationText(target.tokenLifetime)).
        """
    }
}
