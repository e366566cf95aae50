# Installs imagekitfs for this user: a published folder (or a .zip of it) goes to LocalAppData\Programs, onto the PATH, and WinFsp is checked.
#   powershell -ExecutionPolicy Bypass -File install.ps1 [-From FOLDER-OR-ZIP] [-NetworkDrives]
#   powershell -ExecutionPolicy Bypass -File install.ps1 -Remove
# -NetworkDrives also registers with WinFsp's launcher and the event log, which asks for an administrator once.
# Everything it does can be done again, and -Remove takes back everything but accounts, caches and unsent changes.
[CmdletBinding()]
param(
    [string] $From = $PSScriptRoot,
    [string] $To = (Join-Path $env:LOCALAPPDATA 'Programs\imagekitfs'),
    [switch] $NetworkDrives,
    [switch] $Remove
)
Set-StrictMode -Version 3
$ErrorActionPreference = 'Stop'

$program = Join-Path $To 'imagekitfs.exe'

function Get-UserPath { [Environment]::GetEnvironmentVariable('Path', 'User') -split ';' | Where-Object { $_ } }

function Set-UserPath([string[]] $folders) { [Environment]::SetEnvironmentVariable('Path', ($folders -join ';'), 'User') }

# Runs one command line as administrator and waits for it.
function Invoke-Elevated([string] $command) {
    $shell = Start-Process powershell -Verb RunAs -Wait -PassThru -WindowStyle Hidden `
        -ArgumentList '-NoProfile', '-ExecutionPolicy', 'Bypass', '-Command', $command
    if ($shell.ExitCode -ne 0) { throw "as administrator, this failed with status $($shell.ExitCode): $command" }
}

# A running mount holds the program's files; it is asked to end, and sends what is pending first.
function Stop-Mounts {
    if (-not (Test-Path $program)) { return }
    $mounts = & $program status --json | ConvertFrom-Json
    # Without a mount the list is empty, which one edition of PowerShell gives as nothing.
    foreach ($mount in @($mounts | Where-Object { $_ })) {
        & $program umount $mount.mountPoint
        if ($LASTEXITCODE -ne 0 -and $LASTEXITCODE -ne 15) { throw "$($mount.mountPoint) could not be unmounted" }
    }
}

if ($Remove) {
    Stop-Mounts
    if (Test-Path 'HKLM:\SOFTWARE\WOW6432Node\WinFsp\Services\imagekitfs') {
        Invoke-Elevated "& '$program' service remove; Remove-EventLog -Source imagekitfs -ErrorAction SilentlyContinue; exit 0"
    }
    Set-UserPath (Get-UserPath | Where-Object { $_ -ne $To })
    if (Test-Path $To) { Remove-Item $To -Recurse -Force }
    Write-Host 'imagekitfs is removed; accounts, caches and unsent changes stay in AppData and LocalAppData\imagekitfs'
    exit 0
}

$source = $From
if ($From -like '*.zip') {
    $source = Join-Path ([IO.Path]::GetTempPath()) "imagekitfs-$([Guid]::NewGuid())"
    Expand-Archive $From $source
}
try {
    if (-not (Test-Path (Join-Path $source 'imagekitfs.exe'))) { throw "there is no imagekitfs.exe in $source" }
    Stop-Mounts
    # Beside the old one first, so that a copy that fails leaves the old one working.
    $fresh = "$To.new"
    if (Test-Path $fresh) { Remove-Item $fresh -Recurse -Force }
    New-Item $fresh -ItemType Directory -Force | Out-Null
    Copy-Item (Join-Path $source '*') $fresh -Recurse -Force
    if (Test-Path $To) { Remove-Item $To -Recurse -Force }
    Move-Item $fresh $To
}
finally {
    if ($source -ne $From) { Remove-Item $source -Recurse -Force }
}

if ((Get-UserPath) -notcontains $To) { Set-UserPath (@(Get-UserPath) + $To) }
$env:Path = "$env:Path;$To"
Write-Host "Installed $(& $program --version | Select-Object -First 1) in $To"

& $program doctor
$health = $LASTEXITCODE
if ($health -ge 21 -and $health -le 23) {
    Write-Host 'WinFsp is needed for drives: winget install WinFsp.WinFsp, or https://winfsp.dev'
}
elseif ($NetworkDrives) {
    Invoke-Elevated "& '$program' service install; if (`$LASTEXITCODE -ne 0) { exit `$LASTEXITCODE }; New-EventLog -LogName Application -Source imagekitfs -ErrorAction SilentlyContinue; exit 0"
    Write-Host 'Network drives: imagekitfs login, then net use X: \\imagekitfs\default'
}
# What doctor finds in the network or an account is no failure of the installation.
if ($health -lt 21 -or $health -gt 23) { $health = 0 }
exit $health
