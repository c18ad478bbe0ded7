// A relying party as Go programs write it: github.com/coreos/go-oidc and golang.org/x/oauth2.
//
//	go_oidc ISSUER CLIENT SECRET REDIRECT-URI ALGORITHM
//
// Prints the authorization URL on the first line, reads the code from stdin, and prints on the second line what it
// verified, as JSON.
package main

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"os"
	"time"

	oidc "github.com/coreos/go-oidc"
	"golang.org/x/oauth2"
)

const nonce, verifier = "nonce-of-go", "a-verifier-of-go-that-is-long-enough-for-rfc-7636"

func main() {
	if err := run(os.Args[1], os.Args[2], os.Args[3], os.Args[4], os.Args[5]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(issuer, client, secret, redirect, algorithm string) error {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()

	provider, err := oidc.NewProvider(ctx, issuer)
	if err != nil {
		return err
	}
	config := oauth2.Config{
		ClientID: client, ClientSecret: secret, RedirectURL: redirect, Endpoint: provider.Endpoint(),
		Scopes: []string{oidc.ScopeOpenID, "profile", "email", "groups", oidc.ScopeOfflineAccess},
	}
	hash := sha256.Sum256([]byte(verifier))
	fmt.Println(config.AuthCodeURL("state-of-go", oidc.Nonce(nonce), oauth2.SetAuthURLParam("code_challenge_method", "S256"),
		oauth2.SetAuthURLParam("code_challenge", base64.RawURLEncoding.EncodeToString(hash[:]))))

	var code string
	if _, err := fmt.Scanln(&code); err != nil {
		return err
	}
	token, err := config.Exchange(ctx, code, oauth2.SetAuthURLParam("code_verifier", verifier))
	if err != nil {
		return fmt.Errorf("exchange: %w", err)
	}
	check := provider.Verifier(&oidc.Config{ClientID: client, SupportedSigningAlgs: []string{algorithm}})
	raw, _ := token.Extra("id_token").(string)
	idToken, err := check.Verify(ctx, raw)
	if err != nil {
		return fmt.Errorf("verify: %w", err)
	}
	if idToken.Nonce != nonce {
		return fmt.Errorf("nonce %q", idToken.Nonce)
	}
	if err := idToken.VerifyAccessToken(token.AccessToken); err != nil {
		return fmt.Errorf("at_hash: %w", err)
	}
	person, err := provider.UserInfo(ctx, oauth2.StaticTokenSource(token))
	if err != nil {
		return fmt.Errorf("userinfo: %w", err)
	}

	// A token source refreshes by itself when the token has expired.
	token.Expiry = time.Now().Add(-time.Hour)
	fresh, err := config.TokenSource(ctx, token).Token()
	if err != nil {
		return fmt.Errorf("refresh: %w", err)
	}
	rawAgain, _ := fresh.Extra("id_token").(string)
	again, err := check.Verify(ctx, rawAgain)
	if err != nil {
		return fmt.Errorf("verify after refresh: %w", err)
	}

	var claims map[string]interface{}
	if err := idToken.Claims(&claims); err != nil {
		return err
	}
	return json.NewEncoder(os.Stdout).Encode(map[string]interface{}{
		"claims": claims, "userinfo_sub": person.Subject, "userinfo_email": person.Email, "refreshed_sub": again.Subject,
		"rotated": fresh.RefreshToken != token.RefreshToken, "secrets": []string{raw, rawAgain, token.AccessToken,
			fresh.AccessToken, token.RefreshToken, fresh.RefreshToken},
	})
}
