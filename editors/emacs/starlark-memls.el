;;; starlark-memls.el --- Starlark memory evidence through eglot or lsp-mode  -*- lexical-binding: t -*-

;; SPDX-License-Identifier: Apache-2.0

;; Version: 0.1.0
;; Package-Requires: ((emacs "28.1"))
;; Keywords: languages, tools

;;; Commentary:

;; Names the Starlark function that ran Bazel out of memory, on its line.
;;
;;   (require 'starlark-memls)
;;   (starlark-memls-setup)          ; for eglot and lsp-mode, whichever is loaded
;;
;; eglot runs one server a buffer: this one then has the buffer to itself.
;; lsp-mode runs it as an add-on beside another Starlark server.  eglot draws no
;; lenses; what they say is in the diagnostics, in eldoc and in code actions,
;; and M-x starlark-memls-crash, -report and -evidence ask for the rest.

;;; Code:

(require 'cl-lib)
(require 'seq)

(declare-function eglot-current-server "eglot")
(declare-function jsonrpc-request "jsonrpc")
(declare-function lsp-request "lsp-mode")
(declare-function lsp-workspaces "lsp-mode")
(declare-function lsp-register-client "lsp-mode")
(declare-function make-lsp-client "lsp-mode")
(declare-function lsp-stdio-connection "lsp-mode")
(defvar eglot-server-programs)
(defvar lsp-language-id-configuration)

(defgroup starlark-memls nil "Starlark memory evidence." :group 'tools :prefix "starlark-memls-")

(defcustom starlark-memls-command '("starlark-memls" "serve")
  "The server's command line."
  :type '(repeat string))

(defcustom starlark-memls-modes '(bazel-starlark-mode bazel-build-mode bazel-workspace-mode bazel-module-mode starlark-mode starlark-ts-mode)
  "The major modes that the server is for."
  :type '(repeat symbol))

;;;###autoload
(define-derived-mode starlark-memls-mode prog-mode "Starlark"
  "A plain mode for Bazel files, where no other package brings one."
  (setq-local comment-start "# ")
  (modify-syntax-entry ?# "<" starlark-memls-mode-syntax-table)
  (modify-syntax-entry ?\n ">" starlark-memls-mode-syntax-table))

;;;###autoload
(defun starlark-memls-setup ()
  "Tell eglot and lsp-mode of the server."
  (let ((modes (cons 'starlark-memls-mode starlark-memls-modes)))
    (with-eval-after-load 'eglot
      (add-to-list 'eglot-server-programs (cons modes starlark-memls-command)))
    (with-eval-after-load 'lsp-mode
      (dolist (mode modes)
        (add-to-list 'lsp-language-id-configuration (cons mode "starlark")))
      (lsp-register-client
       (make-lsp-client :new-connection (lsp-stdio-connection (lambda () starlark-memls-command))
                        :major-modes modes
                        :add-on? t
                        :server-id 'starlark-memls)))))

(defun starlark-memls--execute (command &optional argument)
  "Run the server's COMMAND with ARGUMENT, a plist, and return its answer."
  (let ((params (list :command (concat "starlark-memls." command)
                      :arguments (if argument (vector argument) []))))
    (cond ((and (fboundp 'eglot-current-server) (eglot-current-server))
           (jsonrpc-request (eglot-current-server) :workspace/executeCommand params))
          ((and (fboundp 'lsp-workspaces) (lsp-workspaces))
           (lsp-request "workspace/executeCommand" params))
          (t (user-error "No language server runs in this buffer")))))

(defun starlark-memls--get (object key)
  "KEY of OBJECT, which is a plist with eglot and may be a hash with lsp-mode."
  (if (hash-table-p object)
      (gethash (substring (symbol-name key) 1) object)
    (plist-get object key)))

;;;###autoload
(defun starlark-memls-crash (&optional n)
  "Show the places of the N-th newest crash, innermost first, as grep shows hits."
  (interactive "p")
  (let* ((places (starlark-memls--execute "jumpToCrash" (list :crash (1- (or n 1)))))
         (buffer (get-buffer-create "*starlark-memls crash*")))
    (when (seq-empty-p places) (user-error "Nothing tells in which source Bazel died"))
    (with-current-buffer buffer
      (let ((inhibit-read-only t))
        (erase-buffer)
        (seq-doseq (place places)
          (let* ((range (starlark-memls--get place :range))
                 (line (1+ (starlark-memls--get (starlark-memls--get range :start) :line)))
                 (file (starlark-memls--file (starlark-memls--get place :uri))))
            (insert (format "%s:%d: %s\n" file line (starlark-memls--line file line)))))
        (grep-mode))
      (goto-char (point-min)))
    (display-buffer buffer)
    buffer))

(defun starlark-memls--file (uri)
  "The file that URI names."
  (url-unhex-string (replace-regexp-in-string "\\`file://\\(?:/\\([a-zA-Z]\\)\\(?:%3[Aa]\\|:\\)\\)?"
                                              (lambda (m) (if (match-string 1 m) (concat (match-string 1 m) ":") ""))
                                              uri)))

(defun starlark-memls--line (file line)
  "The text of LINE in FILE, without its margin."
  (with-temp-buffer
    (when (file-readable-p file) (insert-file-contents file))
    (forward-line (1- line))
    (string-trim (buffer-substring (line-beginning-position) (line-end-position)))))

(defun starlark-memls--show (page)
  "Visit PAGE unless the server had it shown."
  (unless (eq t (starlark-memls--get page :shown))
    (view-file-other-window (starlark-memls--get page :path)))
  page)

;;;###autoload
(defun starlark-memls-report (&optional n)
  "Show the report on the N-th newest crash."
  (interactive "p")
  (starlark-memls--show (starlark-memls--execute "showCrashReport" (list :crash (1- (or n 1))))))

;;;###autoload
(defun starlark-memls-evidence (function)
  "Show all evidence against FUNCTION."
  (interactive (list (read-string "Function: " (thing-at-point 'symbol t))))
  (starlark-memls--show (starlark-memls--execute "showEvidence" (list :function function))))

;;;###autoload
(defun starlark-memls-load (path)
  "Load the measurement, the series or the file at PATH."
  (interactive "fLoad: ")
  (starlark-memls--execute "loadMeasurements" (list :paths (vector (expand-file-name path)))))

;;;###autoload
(defun starlark-memls-rescan ()
  "Read what the last build left again."
  (interactive)
  (starlark-memls--execute "rescan"))

;;;###autoload
(defun starlark-memls-clear ()
  "Forget all measurements."
  (interactive)
  (starlark-memls--execute "clear"))

(provide 'starlark-memls)
;;; starlark-memls.el ends here
