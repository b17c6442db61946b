;;; after-crash.el --- eglot on a workspace whose build has just died  -*- lexical-binding: t -*-

;; SPDX-License-Identifier: Apache-2.0

;; emacs --batch -L editors/emacs -l THIS, with $SERVER and $FILE.  Not -Q:
;; Debian's site-start brings the folder of eglot.

;;; Code:

(package-initialize)
(require 'eglot)
(require 'flymake)
(require 'starlark-memls)

(setq starlark-memls-command (list (getenv "SERVER") "serve")
      eglot-sync-connect 120
      eglot-connect-timeout 120
      jsonrpc-default-request-timeout 120
      eglot-autoshutdown nil
      eglot-confirm-server-initiated-edits nil
      make-backup-files nil)
(starlark-memls-setup)

(defun await (what test)
  "Wait until TEST is non-nil; WHAT is what it waits for."
  (let ((end (+ (float-time) 120)))
    (while (and (not (funcall test)) (< (float-time) end))
      (accept-process-output nil 0.05))
    (unless (funcall test) (error "Timed out waiting for %s" what))
    (princ (format "ok %s\n" what))))

(defun line-of (text)
  "The number of the line that begins with TEXT."
  (save-excursion
    (goto-char (point-min))
    (re-search-forward (concat "^" (regexp-quote text)))
    (line-number-at-pos)))

(defun diagnostics ()
  "What flymake knows now."
  (flymake-start nil t)
  (flymake-diagnostics))

(defun main ()
  "The test."
  (find-file (getenv "FILE"))
  (starlark-memls-mode)
  (apply #'eglot (eglot--guess-contact))
  (let* ((server (eglot-current-server))
         (buffer (current-buffer))
         (def (line-of "def traverse_impl"))
         (here (lambda () (eglot--TextDocumentIdentifier))))
    (unless server (error "Not connected"))

    (await "a diagnostic for the crash"
           (lambda ()
             (seq-find (lambda (d)
                         (and (string-match-p "traverse_impl" (flymake-diagnostic-text d))
                              (>= (line-number-at-pos (flymake-diagnostic-beg d)) def)))
                       (diagnostics))))

    ;; No lenses here: what they say must be in the hover and in code actions.
    (goto-char (point-min))
    (forward-line (1- def))
    (search-forward "traverse_impl")
    (backward-char 2)
    (let* ((hover (jsonrpc-request server :textDocument/hover (eglot--TextDocumentPositionParams)))
           (text (format "%S" (plist-get hover :contents))))
      (unless (string-match-p "suspect no. 1" text) (error "The hover is %s" text))
      (princ "ok a hover\n"))
    (let* ((range (list :start (eglot--pos-to-lsp-position (line-beginning-position)) :end (eglot--pos-to-lsp-position (line-end-position))))
           (actions (jsonrpc-request server :textDocument/codeAction
                                     (list :textDocument (funcall here) :range range :context '(:diagnostics []))))
           (titles (mapcar (lambda (a) (plist-get a :title)) actions)))
      (unless (seq-find (lambda (title) (string-match-p "evidence against traverse_impl" title)) titles)
        (error "The code actions are %S" titles))
      (princ (format "ok code actions: %S\n" titles)))

    (with-current-buffer buffer
      (with-current-buffer (starlark-memls-crash)
        (unless (string-match-p "memory/eat\\.bzl:[0-9]+: " (buffer-string)) (error "The crash is %s" (buffer-string)))
        (princ (format "ok starlark-memls-crash: %s" (buffer-substring (point-min) (progn (goto-char (point-min)) (line-beginning-position 2)))))))
    (with-current-buffer buffer
      (let ((page (starlark-memls-evidence "traverse_impl")))
        (unless (string-match-p "traverse_impl" (plist-get page :markdown)) (error "The evidence is %S" page))
        (princ "ok starlark-memls-evidence\n")))
    (with-current-buffer buffer
      (starlark-memls-clear)
      (await "starlark-memls-clear" (lambda () (null (diagnostics))))
      (starlark-memls-rescan)
      (await "starlark-memls-rescan" #'diagnostics)
      (when (fboundp 'eglot-inlay-hints-mode)
        (princ (format "inlay hints: %S\n" (bound-and-true-p eglot-inlay-hints-mode))))
      (set-buffer-modified-p nil)
      (eglot-shutdown server nil 5))))

(condition-case err
    (progn (main) (princ (format "PASS emacs %s\n" emacs-version)) (kill-emacs 0))
  (error (princ (format "FAIL %S\n" err)) (kill-emacs 1)))
;;; after-crash.el ends here
